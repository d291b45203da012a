/** An answer outside 2xx. The message is the published client's: `[404]: <body>`. */
export class StatusError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`[${status}]: ${body}`);
    this.name = "StatusError";
    this.status = status;
    this.body = body;
  }
}
