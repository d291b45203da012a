// All entries of one key that a bucket keeps, oldest first, one after the other by their place in the stream. `history` of the
// client would leave a consumer behind for every call, for as long as the connection lasts.
import { Bucket, type KV, type KvEntry } from "@nats-io/kv";

export async function* kvHistory(kv: KV, key: string): AsyncGenerator<KvEntry> {
  if (!(kv instanceof Bucket)) throw new TypeError("expected a bucket as Kvm opens it");
  for (let seq = 1; ;) {
    const stored = await kv.jsm.direct.getMessage(kv.stream, { seq, next_by_subj: kv.subjectForKey(key) });
    if (stored === null) return;
    yield kv.smToEntry(stored);
    seq = stored.seq + 1;
  }
}
