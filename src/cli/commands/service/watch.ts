import { Argument, type Command } from 'commander';
import { formatAddress } from '../../../base/address.js';
import type { RegistryEvent } from '../../../client/events.js';
import type { Instance } from '../../../client/instance.js';
import { callCommand } from '../../call.js';
import { follow } from '../../follow.js';
import { whyNotWell } from '../../instance-shape.js';
import { Board } from '../../live/board.js';
import { frame } from '../../live/frame.js';
import { Screen } from '../../live/screen.js';
import { count } from '../../parse.js';
import { withClient } from '../../session.js';
import { escapeControls } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { addSelectorOptions, type SelectorOptions, selectorOf } from './selector-options.js';

interface WatchOptions extends SelectorOptions {
  readonly after?: number;
  readonly lines?: boolean;
}

export function watchCommand(terminal: Terminal): Command {
  const command = callCommand('watch', 'follow the instances of services until Ctrl-C')
    .addArgument(new Argument('<namespace>', 'such as prod; prod/compute is short for prod compute'))
    .addArgument(new Argument('[services...]', 'all services of the namespace when none is named'))
    .option('--after <revision>', 'begin with the changes after this revision instead of the current state', count)
    .option('--lines', 'one line per change, also on a terminal');
  return addSelectorOptions(command)
    .addHelpText(
      'after',
      `
On a terminal a table that keeps itself up to date. Otherwise, with --lines and with --after, one line per instance:
revision, + (there) or - (gone), name, status, health, address, and why it is not as it should be. With --json one
event per line.

Examples:
  quorate service watch prod
  quorate service watch prod/compute
  quorate service watch prod compute billing --status UP --json`,
    )
    .action((scope: string, more: string[], options: WatchOptions, self: Command) =>
      withClient(self, terminal, async ({ client, json }) => {
        const [namespace = '', ...first] = scope.split('/');
        const services = [...first.filter((name) => name !== ''), ...more];
        const live = terminal.drawable && !json && !options.lines && options.after === undefined;
        const events = client.registry.watch({
          namespace,
          services,
          selector: selectorOf(options),
          signal: terminal.interrupted(),
          progress: live,
          ...(options.after === undefined ? {} : { afterRevision: options.after }),
        });
        if (live) return await showLive(events, terminal, namespace, services);
        for await (const event of follow(events, terminal)) {
          if (json) terminal.write(`${JSON.stringify(event)}\n`);
          else for (const line of eventLines(event)) terminal.write(`${line}\n`);
        }
      }),
    );
}

/** A table on the whole screen until Ctrl-C. */
async function showLive(
  events: AsyncIterable<RegistryEvent>,
  terminal: Terminal,
  namespace: string,
  services: readonly string[],
): Promise<void> {
  const board = new Board();
  const [only] = services;
  const title = services.length === 1 ? `${namespace}/${only}` : [namespace, ...services].join(' ');
  const screen = new Screen(terminal, (size) =>
    frame(board, {
      title,
      ...size,
      colours: terminal.colours,
      now: performance.now(),
      wall: Date.now(),
      withService: services.length !== 1,
    }),
  );
  try {
    for await (const event of events) {
      board.take(event, performance.now());
      screen.change();
    }
  } finally {
    screen.close();
  }
}

/** One event for people. */
export function eventLines(event: RegistryEvent): string[] {
  switch (event.kind) {
    case 'progress':
      return [];
    case 'snapshot': {
      const all = event.items.map((instance) => instanceLine(event.revision, instance));
      return event.resync
        ? [`${event.revision}  resync: changes in between were compacted; the state now:`, ...all]
        : all;
    }
    case 'changes':
      return [
        ...event.updated.map((instance) => instanceLine(event.revision, instance)),
        ...event.removed.map((ref) => `${event.revision}  - ${ref.namespace}/${ref.service}/${ref.id}`),
      ];
  }
}

function instanceLine(revision: number, instance: Instance): string {
  const { namespace, service, id, status, health, address, port } = instance;
  const name = `${namespace}/${service}/${id}`;
  const why = whyNotWell(instance);
  const line = `${revision}  + ${name}  ${status}  ${health}  ${formatAddress({ host: address, port })}`;
  return why === '' ? line : `${line}  (${escapeControls(why)})`;
}
