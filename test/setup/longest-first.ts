import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take half a minute and more start first: the longest, beside it those that mostly wait, then those that work.
 * Otherwise the largest files come first, and a run ends with a long one while the other worker has nothing left to do.
 */
const FIRST = [
  'test/chaos/proves-itself.test.ts',
  'test/faults/F08-temporal-restarted.test.ts',
  'test/workflows/windows.skip-time.test.ts',
  'test/faults/F04-F05-too-old-to-send.skip-time.test.ts',
  'test/faults/F23-sick-processor.test.ts',
  'test/faults/F09-F25-no-worker.test.ts',
  'test/faults/F26-collected-again.test.ts',
  'test/chaos/short.test.ts',
  'test/faults/F07-killed-at-every-event.test.ts',
  'test/faults/F10-cancel-terminate.test.ts',
];

/**
 * The order in which files start; what is decided after that, e.g. which projects run together, is not touched. A process is
 * kept for the next file only if that is one of the same project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = FIRST.findIndex((path) => moduleId.endsWith(`/${path}`));
      return at < 0 ? FIRST.length : at;
    };
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const name = ({ project }: TestSpecification) => project.name;
    return sorted.toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b) || name(a).localeCompare(name(b)));
  }
}
