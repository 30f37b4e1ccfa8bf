import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COMMAND_REFUSALS, ERRORS, type ErrorCode } from '../../contract/errors.ts';

const folder = new URL('../../docs/errors/', import.meta.url);

describe('error codes', () => {
  test('each has a page that says what happened, what is unchanged and what to do; no page is left over', () => {
    const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual(Object.keys(ERRORS).sort());
    for (const code of pages) {
      const page = readFileSync(new URL(`${code}.md`, folder), 'utf8');
      expect(page).toContain(
        `# ${code}\n\n${ERRORS[code as ErrorCode].title}. HTTP ${ERRORS[code as ErrorCode].httpStatus}`,
      );
      for (const part of ['**What happened.**', '**What was left unchanged.**', '**What to do.**']) {
        expect(page).toContain(part);
      }
    }
  });

  test('a refused command is a 409 that repeating does not change', () => {
    for (const code of COMMAND_REFUSALS) expect(ERRORS[code]).toMatchObject({ httpStatus: 409, retryable: false });
  });
});
