/** One HTTP/1.1 message at the beginning of what has come, one character a byte. */
export interface Frame {
  /** Where the next one begins. */
  readonly end: number;
  /** Of an answer; NaN of a request. */
  readonly status: number;
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const STATUS_AT = 'HTTP/1.1 '.length;

/** Undefined while it is not whole. @throws {Error} for a body whose length is not told: nobody here sends one. */
export function frameOf(text: string): Frame | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const found = LENGTH.exec(head);
  if (!found && /\r\ntransfer-encoding:/i.test(head)) throw new Error(`A chunked message: ${head}`);
  const end = headEnd + 4 + Number(found?.[1] ?? 0);
  if (text.length < end) return undefined;
  return { end, status: Number(head.slice(STATUS_AT, STATUS_AT + 3)) };
}
