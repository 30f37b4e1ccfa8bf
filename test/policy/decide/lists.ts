/** Takes out of a list what is wanted, in its order. */
export function takeWhere<T>(list: T[], isWanted: (item: T) => boolean): T[] {
  const taken = list.filter(isWanted);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((item) => !isWanted(item)));
  return taken;
}

/** What decide is given cannot be changed by it. Frozen parts are not walked again. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
