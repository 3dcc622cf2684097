/**
 * An SQS queue in memory, with the visibility of its messages and handles that the next receive outdates. It is a
 * stand-in for unit tests only; the integration tests ask the deployed queues.
 */
import type { SQSClient } from '@aws-sdk/client-sqs';

interface Input {
  readonly QueueUrl?: string;
  readonly MessageBody?: string;
  readonly MaxNumberOfMessages?: number;
  readonly VisibilityTimeout?: number;
  readonly ReceiptHandle?: string;
}

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAtMs: number;
  handle?: string;
}

export interface SimulatedSqs {
  readonly client: SQSClient;
  /** Moves on as the test says. */
  nowMs: number;
  /** Runs before each command; what it throws is what the caller gets. */
  before: (command: string, input: Input) => void;
  put(url: string, ...bodies: readonly string[]): void;
  bodies(url: string): readonly string[];
  /** Those in view. */
  visibleCount(url: string): number;
}

export function simulatedSqs(): SimulatedSqs {
  const queues = new Map<string, Message[]>();
  let count = 0;
  const messagesOf = (url = ''): Message[] => {
    const known = queues.get(url) ?? [];
    queues.set(url, known);
    return known;
  };
  const isVisible = ({ visibleAtMs }: Message): boolean => visibleAtMs <= world.nowMs;
  const held = ({ QueueUrl: url, ReceiptHandle: handle }: Input): Message | undefined =>
    messagesOf(url).find((each) => each.handle === handle);

  const commands: Record<string, (input: Input) => unknown> = {
    SendMessageCommand({ QueueUrl: url = '', MessageBody: body = '' }) {
      world.put(url, body);
    },
    ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: most, VisibilityTimeout: seconds = 30 }) {
      const received = messagesOf(url).filter(isVisible).slice(0, most);
      for (const message of received) {
        count += 1;
        message.handle = `handle-${count}`;
        message.visibleAtMs = world.nowMs + seconds * 1000;
      }
      return {
        Messages: received.map(({ id, body, handle }) => ({
          MessageId: id,
          Body: body,
          ReceiptHandle: handle,
        })),
      };
    },
    DeleteMessageCommand(input) {
      const message = held(input);
      // As SQS answers to a handle that is outdated: it is well, and nothing is deleted.
      if (message) messagesOf(input.QueueUrl).splice(messagesOf(input.QueueUrl).indexOf(message), 1);
    },
    ChangeMessageVisibilityCommand(input) {
      const message = held(input);
      if (!message) throw Object.assign(new Error('No such handle'), { name: 'ReceiptHandleIsInvalid' });
      message.visibleAtMs = world.nowMs + (input.VisibilityTimeout ?? 0) * 1000;
    },
    GetQueueAttributesCommand({ QueueUrl: url }) {
      const visible = messagesOf(url).filter(isVisible).length;
      return {
        Attributes: {
          QueueArn: `arn:${url}`,
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(messagesOf(url).length - visible),
        },
      };
    },
  };

  const world: SimulatedSqs = {
    nowMs: 0,
    before: () => {},
    put(url, ...bodies) {
      for (const body of bodies) {
        count += 1;
        messagesOf(url).push({ id: `message-${count}`, body, visibleAtMs: 0 });
      }
    },
    bodies: (url) => messagesOf(url).map(({ body }) => body),
    visibleCount: (url) => messagesOf(url).filter(isVisible).length,
    client: {
      async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
        const { name } = command.constructor;
        world.before(name, command.input);
        const run = commands[name];
        if (!run) throw new Error(`The memory queues know no ${name}`);
        return run(command.input) ?? {};
      },
    } as unknown as SQSClient,
  };
  return world;
}
