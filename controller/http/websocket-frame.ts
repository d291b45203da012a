// Frames of the WebSocket protocol (RFC 6455, section 5.2) as a server writes them: whole, not masked, so the same bytes may go to any
// number of connections.
const textOpcode = 0x81;
const closeOpcode = 0x88;
/** What a frame of control may carry, less the code. */
const reasonBytesMax = 123;

export function textFrame(text: string): Buffer {
  return frame(textOpcode, Buffer.from(text));
}

/** `code`: section 7.4. */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(closeOpcode, Buffer.concat([payload, Buffer.from(reason).subarray(0, reasonBytesMax)]));
}

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([headerOf(opcode, payload.length), payload]);
}

function headerOf(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([opcode, length]);
  if (length < 65_536) return Buffer.from([opcode, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header[0] = opcode;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
