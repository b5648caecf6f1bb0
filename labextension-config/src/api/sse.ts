/** One message of an event stream. */
export interface IMessage {
  id: string | null;
  event: string;
  data: string;
}

/** Yields the messages of a body of type `text/event-stream`; comments are told by `onAlive`. */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  onAlive: () => void = () => undefined
): AsyncGenerator<IMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      onAlive();
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = parseBlock(block);
        if (message) {
          yield message;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Reads the lines of one message; null where they hold no data. */
export function parseBlock(block: string): IMessage | null {
  let id: string | null = null;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon === 0) {
      continue;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') {
      id = value;
    } else if (field === 'event') {
      event = value;
    } else if (field === 'data') {
      data.push(value);
    }
  }
  return data.length ? { id, event, data: data.join('\n') } : null;
}
