/** Several pieces of work at once, whose results come in the order of the pieces. */
export async function* inOrder<Piece, Result>(
  pieces: readonly Piece[],
  atOnce: number,
  work: (piece: Piece) => Promise<Result>,
): AsyncGenerator<Result> {
  const results: Promise<Result>[] = [];
  let under = 0;
  let wake = (): void => {};
  const begin = (piece: Piece): void => {
    under++;
    const result = work(piece);
    const ends = (): void => {
      under--;
      wake();
    };
    result.then(ends, ends);
    results.push(result);
  };
  let given = 0;
  while (given < pieces.length) {
    while (results.length < pieces.length && under < atOnce) begin(pieces[results.length] as Piece);
    const next = results[given] as Promise<Result>;
    // A later piece may end first: then another begins while the first is still under way.
    const woken = new Promise<undefined>((resolve) => {
      wake = () => resolve(undefined);
    });
    const ended = await Promise.race([next.then((value) => ({ value })), woken]);
    if (!ended) continue;
    given++;
    yield ended.value;
  }
}
