// What every call of the API returns: a Highland stream that is also a promise and an async iterable.
//
//   A1. `await` gives the whole answer: the array of all items when the server answered a list, else the one value.
//   A2. The three faces read the pages each by itself, so none consumes another: `answer.each(…); await answer` is fine.
//       Reading an uncached GET through two faces asks twice; awaiting it twice asks once.
//   A3. Nothing is asked before a face is used (the caller decides what `open` does: a write has been sent by then).
//   A4. What Highland derives from it (`map`, `find` …) is an ordinary Highland stream.
import highland from "highland";
import { itemsOf, wholeOf, type Page } from "./pages.ts";

export interface Answer<Item, Whole = Item[]> extends Highland.Stream<Item>, AsyncIterable<Item> {
  then: Promise<Whole>["then"];
  catch: Promise<Whole>["catch"];
  finally: Promise<Whole>["finally"];
}

type Open<Item> = () => Promise<Page<Item>>;

/** `Whole` is what the caller knows the server to answer: `Item[]` for a list, `Item` for one value. */
export function answer<Item, Whole>(open: Open<Item>): Answer<Item, Whole>;
export function answer(open: Open<unknown>): Highland.Stream<unknown> {
  let whole: Promise<unknown> | undefined;
  const promise = (): Promise<unknown> => {
    whole ??= wholeOf(open());
    return whole;
  };
  const stream = streamOf(open);
  method(stream, "then", (...handlers: Parameters<Promise<unknown>["then"]>) => promise().then(...handlers));
  method(stream, "catch", (...handlers: Parameters<Promise<unknown>["catch"]>) => promise().catch(...handlers));
  method(stream, "finally", (...handlers: Parameters<Promise<unknown>["finally"]>) => promise().finally(...handlers));
  method(stream, Symbol.asyncIterator, () => itemsOf(open()));
  return stream;
}

/** Not enumerable, so that printing or copying a stream shows what it showed before. */
function method(stream: object, name: PropertyKey, value: (...parameters: never[]) => unknown): void {
  Object.defineProperty(stream, name, { value, configurable: true, writable: true });
}

function streamOf<Item>(open: Open<Item>): Highland.Stream<Item> {
  let want = open;
  const stream: Highland.Stream<Item> = highland((push, next) => {
    // Pushing happens outside the promise, as Highland's own promise streams do it: what a user's callback throws is then an
    // uncaught exception of that callback and not a failure of this request.
    want().then(
      (page) => setImmediate(take, page),
      (error: Error) => setImmediate(fail, error),
    );
    function take(page: Page<Item>): void {
      if (page.kind === "list") {
        want = page.next;
        for (const item of page.items) if (!hasEnded(stream)) push(null, item);
        if (!hasEnded(stream)) next();
        return;
      }
      if (page.kind === "single" && !hasEnded(stream)) push(null, page.value);
      end();
    }
    function fail(error: Error): void {
      if (!hasEnded(stream)) push(error);
      end();
    }
    function end(): void {
      if (!hasEnded(stream)) push(null, highland.nil);
    }
  });
  return stream;
}

/** Highland throws when something is pushed into a stream that its user has destroyed while the request was under way. */
function hasEnded(stream: object): boolean {
  return "ended" in stream && stream.ended === true;
}
