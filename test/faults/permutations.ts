/** Every order in which these can come. */
export function* permutations<T>(all: T[]): Generator<T[]> {
  if (all.length <= 1) {
    yield all;
    return;
  }
  for (const [at, first] of all.entries()) {
    for (const rest of permutations(all.toSpliced(at, 1))) yield [first, ...rest];
  }
}
