/** Watches for people: a watch waits for its cluster for ever, so somebody should say that it waits. */
import type { Terminal } from './terminal.js';

/** A quiet cluster sends a sign of life every 2 s. */
const silenceMs = 5_000;

/** Passes the events on, and says on standard error when none came for some seconds and when they come again. */
export async function* follow<T>(
  events: AsyncIterable<T>,
  terminal: Terminal,
  patienceMs = silenceMs,
): AsyncGenerator<T, void, undefined> {
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    terminal.complain('nothing comes from the cluster; the watch waits and goes on by itself, Ctrl-C ends it');
  }, patienceMs);
  try {
    for await (const event of events) {
      if (silent) terminal.complain('the cluster answers again');
      silent = false;
      timer.refresh();
      yield event;
    }
  } finally {
    clearTimeout(timer);
  }
}
