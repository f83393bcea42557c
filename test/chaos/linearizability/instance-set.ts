/** The instances of a service whose leases do not end meanwhile: registered, deregistered, listed. */
import type { Model } from './model.js';

export type SetInput =
  | { readonly kind: 'register'; readonly id: string }
  | { readonly kind: 'deregister'; readonly id: string }
  | { readonly kind: 'list' };

export type SetOutput =
  | { readonly kind: 'done' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'listed'; readonly ids: readonly string[] };

type State = ReadonlySet<string>;

export const instanceSet: Model<State, SetInput, SetOutput> = {
  initial: new Set<string>(),
  step(state, input, output) {
    switch (input.kind) {
      case 'register':
        return output === undefined || output.kind === 'done' ? new Set([...state, input.id]) : undefined;
      case 'deregister': {
        const expected = state.has(input.id) ? 'done' : 'absent';
        if (output !== undefined && output.kind !== expected) return undefined;
        return new Set([...state].filter((id) => id !== input.id));
      }
      case 'list':
        if (output === undefined) return state;
        if (output.kind !== 'listed' || output.ids.length !== state.size) return undefined;
        return output.ids.every((id) => state.has(id)) ? state : undefined;
    }
  },
  keyOf: (state) => [...state].sort().join(','),
  describe: (input, output) => `${JSON.stringify(input)} answered ${output ? JSON.stringify(output) : 'nothing'}`,
  describeState: (state) => `{${[...state].sort().join(', ')}}`,
};
