/** One thing that is wrong with a rulebook. `code` is stable, `path` as in `rules[1].windows.buyerMs`. */
export interface RulebookProblem {
  code: string;
  path: string;
  message: string;
}

/** Collects problems while values of unknown shape are read. Each reader returns the value if it is sound. */
export class Report {
  readonly problems: RulebookProblem[] = [];

  add(code: string, path: string, message: string): void {
    this.problems.push({ code, path, message });
  }

  /** A plain object with these fields and no others. */
  object(value: unknown, path: string, fields: readonly string[]): Record<string, unknown> | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.add('not_an_object', path, `${path} must be an object.`);
      return null;
    }
    for (const field of Object.keys(value)) {
      if (!fields.includes(field)) {
        this.add('unknown_field', `${path}.${field.slice(0, 60)}`, `${path} takes ${fields.join(', ')}.`);
      }
    }
    return value as Record<string, unknown>;
  }

  list(value: unknown, path: string, most: number): unknown[] | null {
    if (!Array.isArray(value)) {
      this.add('not_a_list', path, `${path} must be a list.`);
      return null;
    }
    if (value.length > most) {
      this.add('too_many', path, `${path} has ${value.length} entries; at most ${most} are allowed.`);
      return null;
    }
    return value;
  }

  /** Numbers are never read out of text: "3" is not 3. */
  integer(value: unknown, path: string, least: number, most: number): number | null {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      this.add('not_an_integer', path, `${path} must be an integer.`);
      return null;
    }
    if (value < least || value > most) {
      this.add('out_of_range', path, `${path} is ${value}; it must be from ${least} to ${most}.`);
      return null;
    }
    return value;
  }

  text(value: unknown, path: string, pattern: RegExp, what: string): string | null {
    if (typeof value !== 'string' || !pattern.test(value)) {
      this.add('invalid_value', path, `${path} must be ${what}.`);
      return null;
    }
    return value;
  }

  oneOf(value: unknown, path: string, words: readonly string[]): string | null {
    if (typeof value !== 'string' || !words.includes(value)) {
      this.add('invalid_value', path, `${path} must be one of ${words.join(', ')}.`);
      return null;
    }
    return value;
  }

  /** Says so for every value that came before. */
  distinct(values: readonly unknown[], path: string, code: string): void {
    values.forEach((value, at) => {
      if (typeof value === 'string' && values.indexOf(value) < at) {
        this.add(code, `${path}[${at}]`, `${path} names "${value}" twice.`);
      }
    });
  }
}
