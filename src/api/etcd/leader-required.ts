import type { Method } from '../../proto/schema.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { checkLeader } from './watch-leader.js';

/** Refuses unary calls that ask for a member with a leader when there is none. Streams see to that themselves, for as long as they last. */
export class LeaderRequired implements Handlers {
  readonly serverStream: Handlers['serverStream'];
  readonly bidi: Handlers['bidi'];

  constructor(
    private readonly table: Handlers,
    private readonly replica: Replica,
  ) {
    this.serverStream = table.serverStream.bind(table);
    this.bidi = table.bidi.bind(table);
  }

  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, call: UnaryCall<Res>) => void,
  ): void {
    this.table.unary(method, (request, call) => {
      checkLeader(this.replica, call.metadata);
      onCall(request, call);
    });
  }
}
