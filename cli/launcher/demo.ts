import type { RunFile } from './run-file.ts';

/** One demo order: started once everything is ready, so that a newcomer finds a story in the Web UI. */
export interface DemoScenario {
  title: string;
  play(run: RunFile): Promise<void>;
}

const SCENARIOS: DemoScenario[] = [];

export async function playDemo(run: RunFile, say: (line: string) => void = () => {}): Promise<void> {
  for (const scenario of SCENARIOS) {
    await scenario.play(run);
    say(scenario.title);
  }
}
