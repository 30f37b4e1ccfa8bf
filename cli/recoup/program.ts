import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { STAGES } from '../../contract/stages.ts';
import { FAILURE_CLASSES } from '../../policy/terms.ts';
import { CommandFailed, type ConnectionFlags, connect } from './connection.ts';
import { type Check, examine } from './doctor.ts';
import { explainLines, explainOne, noTableText, type ScopeFlags, SOURCES, sayExplanation } from './explain-code.ts';
import { type Output, openOutput, orderLine, sayOrder, sayTimeline } from './output.ts';
import { newOrderId, playScenario } from './play.ts';
import { findScenario, SCENARIOS } from './scenarios.ts';

type Flags = ConnectionFlags & { json?: boolean };
type ListFlags = Flags & {
  stage?: string;
  needsPerson?: boolean;
  class?: string;
  processor?: string;
  limit: string;
  cursor?: string;
};

export function createProgram(): Command {
  const output = openOutput(process);
  const program = new Command('recoup')
    .description('Gets orders paid, and never charges twice.')
    .version(versionOf())
    .exitOverride()
    .showHelpAfterError('(recoup --help lists all commands)');
  program.addCommand(triggerCommand(output));
  program.addCommand(ordersCommand(output));
  program.addCommand(doctorCommand(output));
  program.addCommand(explainCodeCommand(output));
  return program;
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** Every command takes these. */
function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .exitOverride()
    .option('--json', 'print JSON: one object, or one a line for lists')
    .option('--state-dir <folder>', 'where the running stack keeps run.json (default .recoup)');
}

function triggerCommand(output: Output): Command {
  const names = SCENARIOS.map(({ name, story }) => `  ${name.padEnd(29)}${story}`).join('\n');
  return command('trigger', 'Starts an order that breaks in a known way.')
    .argument('<scenario>', 'one of those below')
    .option('--order-id <id>', 'instead of a new one')
    .addHelpText('after', `\nScenarios:\n${names}`)
    .action(async (name: string, flags: Flags & { orderId?: string }, self: Command) => {
      const scenario = findScenario(name);
      if (scenario === undefined) {
        return self.error(`error: there is no scenario ${JSON.stringify(name)}; see recoup trigger --help`);
      }
      const { order, asExpected } = await playScenario(connect(flags), scenario, flags.orderId ?? newOrderId(scenario));
      if (flags.json) output.json({ scenario: name, orderId: order.orderId, rests: scenario.rests, asExpected, order });
      else {
        output.say(scenario.story);
        sayOrder(output, order);
      }
      if (!asExpected) throw new CommandFailed(`The order rests at ${order.stage}, and not at ${scenario.rests}.`);
    });
}

function ordersCommand(output: Output): Command {
  const orders = new Command('orders').description('Reads orders.').exitOverride();
  orders.addCommand(listCommand(output));
  orders.addCommand(
    command('show', 'An order as it stands.')
      .argument('<orderId>')
      .action(async (orderId: string, flags: Flags) => {
        const order = await connect(flags).orders.get(orderId);
        if (flags.json) output.json(order);
        else sayOrder(output, order);
      }),
  );
  orders.addCommand(
    command('timeline', 'What happened, happens and is planned.')
      .argument('<orderId>')
      .action(async (orderId: string, flags: Flags) => {
        const { entries } = await connect(flags).orders.timeline(orderId);
        if (flags.json) output.json({ entries });
        else sayTimeline(output, entries);
      }),
  );
  orders.addCommand(explainCommand(output));
  return orders;
}

function listCommand(output: Output): Command {
  return command('list', 'Orders, the one that changed last first.')
    .option('--stage <stages>', `one or more of ${STAGES.join(', ')}, with commas between them`)
    .option('--needs-person', 'of which a person is asked, whatever their stage')
    .option('--class <class>', `failure class of the last attempt: ${FAILURE_CLASSES.join(', ')}`)
    .option('--processor <name>', 'of the last attempt')
    .option('--limit <n>', 'at most this many, 1 to 100', '20')
    .option('--cursor <cursor>', 'go on after a list that had more')
    .action(async (flags: ListFlags, self: Command) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 100)
        self.error('error: --limit must be a number from 1 to 100');
      const stage = flags.stage?.split(',').map((each) => oneOf(self, 'stage', STAGES, each));
      const failureClass = flags.class === undefined ? undefined : oneOf(self, 'class', FAILURE_CLASSES, flags.class);
      const { processor, cursor, needsPerson } = flags;
      const filter = { limit, stage, class: failureClass, processor, needsPerson, cursor };
      const { orders, nextCursor } = await connect(flags).orders.list(filter);
      for (const order of orders) {
        if (flags.json) output.json(order);
        else output.say(orderLine(order));
      }
      if (orders.length === 0) output.tell('no orders');
      if (nextCursor !== null) output.tell(`more orders match; they follow with --cursor ${nextCursor}`);
    });
}

function oneOf<Name extends string>(self: Command, what: string, names: readonly Name[], given: string): Name {
  const name = names.find((each) => each === given);
  return name ?? self.error(`error: there is no ${what} ${JSON.stringify(given)}, only ${names.join(', ')}`);
}

function explainCommand(output: Output): Command {
  return command('explain', 'Decisions that had something to weigh: rule, evidence, what was refused and why.')
    .argument('<orderId>')
    .action(async (orderId: string, flags: Flags) => {
      const { decisions } = await connect(flags).orders.explain(orderId);
      if (flags.json) return output.json({ decisions });
      if (decisions.length === 0) output.tell('nothing had to be weighed; see orders timeline');
      for (const decision of decisions) {
        const { name, rulebook, version } = decision.rule;
        output.say(output.bold(`${decision.at}  ${decision.decided}`));
        output.say(`  rule "${name}" of ${rulebook} v${version}`);
        for (const evidence of decision.evidence) output.say(`  because ${evidence}`);
        for (const { what, why } of decision.refused) output.say(output.dim(`  not ${what}: ${why}`));
      }
    });
}

function doctorCommand(output: Output): Command {
  return command('doctor', 'Looks at everything that has to work.').action(async (flags: Flags) => {
    const checks = await examine(flags);
    const ok = checks.every((check) => check.ok !== false);
    if (flags.json) output.json({ ok, checks });
    else for (const check of checks) output.say(checkLine(check));
    if (!ok) throw new CommandFailed('Not everything works.');
  });
}

function checkLine({ name, ok, detail }: Check): string {
  const mark = ok === null ? '--' : ok ? 'ok' : 'FAIL';
  return `${mark.padEnd(4)}  ${name.padEnd(12)} ${detail}`;
}

function explainCodeCommand(output: Output): Command {
  return command('explain-code', 'What Recoup does about a decline code.')
    .argument('[source]', `whose code it is: ${SOURCES.join(', ')}`)
    .argument('[code]')
    .option('--network <network>', 'visa, mastercard, amex …')
    .option('--region <region>', 'of the issuer, e.g. europe')
    .option('--stdin', 'read lines source,code,network')
    .action(
      async (
        source: string | undefined,
        code: string | undefined,
        flags: Flags & ScopeFlags & { stdin?: boolean },
        self: Command,
      ) => {
        const answer = (explained: ReturnType<typeof explainOne>) =>
          flags.json ? output.json(explained) : sayExplanation(output, explained);
        if (flags.stdin) {
          if (source !== undefined) self.error('error: --stdin takes no arguments');
          const unknown = new Set<string>();
          for await (const explained of explainLines(process.stdin, flags)) {
            answer(explained);
            if (!SOURCES.includes(explained.source)) unknown.add(explained.source);
          }
          if (unknown.size > 0) self.error(noTableText([...unknown]));
        } else if (source === undefined || code === undefined) {
          self.error('error: a source and a code are needed, or --stdin');
        } else if (!SOURCES.includes(source)) {
          self.error(noTableText([source]));
        } else {
          answer(explainOne(source, code, flags));
        }
      },
    );
}
