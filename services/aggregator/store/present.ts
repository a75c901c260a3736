/** `T` with the keys that may be undefined made optional, as answers of the API leave out what is not there. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out the keys whose value is undefined. */
export function present<T extends object>(value: T): Present<T> {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  // Exactly the keys that `Present` makes optional can be missing now.
  return Object.fromEntries(entries) as Present<T>;
}
