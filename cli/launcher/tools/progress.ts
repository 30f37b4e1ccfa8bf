/** One long step of an installation: a line at once, a sign of life while it runs, its end with the time it took. */
export interface Progress {
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  note(text: string): void;
}

const QUIET_INTERVAL_MS = 15_000;
const TERMINAL_INTERVAL_MS = 1_000;

export function printProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  const seconds = (since: number) => `${Math.round((Date.now() - since) / 1000)} s`;
  return {
    note: (text) => {
      out.write(`  ${text}\n`);
    },
    step: async (title, work) => {
      const since = Date.now();
      const overwrite = out.isTTY ? '\r\x1b[K' : '';
      out.write(`  ${title} …${out.isTTY ? '' : '\n'}`);
      const tick = setInterval(
        () => out.write(`${overwrite}  ${title} … ${seconds(since)}${out.isTTY ? '' : '\n'}`),
        out.isTTY ? TERMINAL_INTERVAL_MS : QUIET_INTERVAL_MS,
      );
      try {
        const result = await work();
        out.write(`${overwrite}  ${title}: done in ${seconds(since)}\n`);
        return result;
      } catch (error) {
        out.write(`${overwrite}  ${title}: not possible here, after ${seconds(since)}\n`);
        throw error;
      } finally {
        clearInterval(tick);
      }
    },
  };
}
