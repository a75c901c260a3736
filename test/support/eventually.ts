/**
 * Waits until `check` returns something truthy and returns it; a condition instead of a sleep.
 * @param check may throw; the last failure is part of the message when time runs out.
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { timeoutMs = 20_000, intervalMs = 20, what = 'the condition' } = {},
): Promise<NonNullable<Value>> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      last = value;
    } catch (thrown) {
      last = thrown;
    }
    if (Date.now() > end)
      throw new Error(`${what} did not come about in ${timeoutMs} ms; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
