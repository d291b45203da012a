// How large an answer of the index may be. It is built in memory, sent in one piece, and often asked for by somebody who did
// not think of large values.
export const pageBytesMax = 8_388_608;

/** The page that was asked for holds more than an answer may. */
export class PageTooLarge extends Error {
  constructor() {
    super(`the page is larger than ${pageBytesMax} bytes; ask with a smaller per_page, or drover with --limit`);
  }
}
