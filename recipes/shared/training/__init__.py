"""What several recipes train with."""
