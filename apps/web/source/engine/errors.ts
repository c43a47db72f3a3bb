/** What the user can mend: one sentence that says what is wrong and what to do. */
export class InputError extends Error {}

/** The work was stopped by the user. */
export class Cancelled extends Error {}

/** The runtime is broken, and nothing that runs in it answers any more. */
export class Broken extends Error {}

/** The message of whatever was thrown. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
