"""The parts of the metrics, the baselines and their pictures."""
