/** The events of a revision as the bytes of a WatchResponse, made once for all watches that get the same. */
import type { Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import type { Machine } from '../../machine/machine.js';
import type { Change } from '../../machine/types.js';
import { type EventIn, WatchResponse, type WatchResponseIn } from '../../proto/etcd.js';
import { _mvccpb_Event_EventType as EventType } from '../../proto/gen/mvccpb/Event.js';
import { keyValueOf } from './key-value.js';

/** Which events a watch gets, and whether with the versions before them. */
export interface EventForm {
  readonly puts: boolean;
  readonly deletes: boolean;
  readonly previous: boolean;
}

/** Events in operation order, as they stand in a WatchResponse. */
export interface EncodedEvents {
  readonly count: number;
  readonly bytes: Buffer;
}

const noEvents: EncodedEvents = { count: 0, bytes: Buffer.alloc(0) };
/** Changes between two looks at the clock. */
const stride = 64;

/** Encodes the changes of one revision, at once or in turns: reading previous versions may go to the disk. */
export class EventEncoder {
  private readonly parts: Buffer[] = [];
  private position = 0;
  private count = 0;

  constructor(
    private readonly revision: Revision,
    private readonly changes: readonly Change[],
    private readonly form: EventForm,
  ) {}

  /** @returns undefined: the time came before the end; call it again */
  encode(machine: Machine, until: number): EncodedEvents | undefined {
    const { changes, parts } = this;
    while (this.position < changes.length) {
      if (this.position > 0 && performance.now() >= until) return undefined;
      const events: EventIn[] = [];
      const end = Math.min(changes.length, this.position + stride);
      for (; this.position < end; this.position++) {
        const change = changes[this.position];
        if (change && this.wants(change)) events.push(this.eventOf(machine, change));
      }
      if (events.length > 0) parts.push(WatchResponse.encode({ events }));
      this.count += events.length;
    }
    const [first] = parts;
    if (!first) return noEvents;
    return { count: this.count, bytes: parts.length === 1 ? first : Buffer.concat(parts) };
  }

  private wants({ current }: Change): boolean {
    return current.deleted ? this.form.deletes : this.form.puts;
  }

  private eventOf(machine: Machine, { current, previous }: Change): EventIn {
    const event: EventIn = { kv: keyValueOf(current) };
    if (current.deleted) event.type = EventType.DELETE;
    // What was live before the compacted revision may be gone: the event goes without it (etcd).
    if (this.form.previous && previous && this.revision > machine.compactedRevision)
      event.prev_kv = keyValueOf(machine.read(previous));
    return event;
  }
}

/** By the array of changes that the hub shares between watches of equal ranges, then by form. */
const encoded = new WeakMap<readonly Change[], (EncodedEvents | undefined)[]>();

/** At once, and shared. For a revision of few changes. */
export function encodeEvents(
  machine: Machine,
  revision: Revision,
  changes: readonly Change[],
  form: EventForm,
): EncodedEvents {
  let forms = encoded.get(changes);
  if (!forms) {
    forms = [];
    encoded.set(changes, forms);
  }
  const number = (form.puts ? 1 : 0) + (form.deletes ? 2 : 0) + (form.previous ? 4 : 0);
  const known = forms[number];
  if (known) return known;
  const events = new EventEncoder(revision, changes, form).encode(machine, Number.POSITIVE_INFINITY) ?? noEvents;
  forms[number] = events;
  return events;
}

/** A message with these events: fields may stand in any order, and those that repeat are put together. */
export function messageOf(head: WatchResponseIn, events: readonly EncodedEvents[]): Buffer {
  return Buffer.concat([WatchResponse.encode(head), ...events.map(({ bytes }) => bytes)]);
}

/** The same for a watch with `fragment`: one message, or several below limits.watchFragmentBytes of which all but the last say that more follows. */
export function fragmentsOf(head: WatchResponseIn, events: readonly EncodedEvents[]): Buffer[] {
  const whole = messageOf(head, events);
  if (whole.length < limits.watchFragmentBytes) return [whole];
  const first = WatchResponse.encode({ ...head, fragment: true });
  const room = limits.watchFragmentBytes - first.length;
  const parts: Buffer[][] = [];
  let part: Buffer[] = [];
  let bytes = 0;
  for (const event of eventsIn(Buffer.concat(events.map((each) => each.bytes)))) {
    if (part.length > 0 && bytes + event.length >= room) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += event.length;
  }
  const messages = parts.map((each) => Buffer.concat([first, ...each]));
  messages.push(Buffer.concat([WatchResponse.encode(head), ...part]));
  return messages;
}

/** Each event with its tag and length. */
function* eventsIn(bytes: Buffer): Iterable<Buffer> {
  let start = 0;
  while (start < bytes.length) {
    // One byte of tag: the number of the field is below 16.
    let position = start + 1;
    let length = 0;
    let scale = 1;
    for (let more = true; more; scale *= 128) {
      const byte = bytes.readUInt8(position++);
      length += (byte & 0x7f) * scale;
      more = byte >= 0x80;
    }
    yield bytes.subarray(start, position + length);
    start = position + length;
  }
}
