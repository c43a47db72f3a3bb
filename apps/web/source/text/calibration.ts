/** Probabilities that say how often they are right. */
const SMALLEST = 1e-12;

/** As if the logits had been divided by the temperature (Guo et al. 2017). */
export function tempered(probabilities: ArrayLike<number>, temperature: number): number[] {
  const logits = Array.from(probabilities, (value) => Math.log(Math.max(value, SMALLEST)) / temperature);
  const most = Math.max(...logits), raised = logits.map((logit) => Math.exp(logit - most));
  const sum = raised.reduce((total, value) => total + value, 0);
  return raised.map((value) => value / sum);
}
