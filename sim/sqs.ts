/**
 * The API of SQS over queues in memory: send, receive, delete, and change visibility. A receipt handle is valid until the next
 * receive of its message. The tests of the admin command use this model. `SimulatedQueue` models a queue that invokes a
 * function.
 */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { namedError } from './aws-error.ts';

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
  /** The time, which the test sets. */
  nowMs: number;
  /** Runs before each command. If it throws, the caller gets the error. */
  before: (command: string, input: Input) => void;
  /** Adds messages to a queue. */
  put(url: string, ...bodies: readonly string[]): void;
  /** The bodies of all messages, visible or not. */
  bodies(url: string): readonly string[];
  /** The number of visible messages. */
  visibleCount(url: string): number;
}

export function simulatedSqs(): SimulatedSqs {
  const queues = new Map<string, Message[]>();
  let idCount = 0;
  const messagesOf = (url = ''): Message[] => {
    const known = queues.get(url) ?? [];
    queues.set(url, known);
    return known;
  };
  const isVisible = ({ visibleAtMs }: Message): boolean => visibleAtMs <= sqs.nowMs;
  const findByHandle = ({ QueueUrl: url, ReceiptHandle: handle }: Input): Message | undefined =>
    messagesOf(url).find((each) => each.handle === handle);

  const commands: Record<string, (input: Input) => unknown> = {
    SendMessageCommand({ QueueUrl: url = '', MessageBody: body = '' }) {
      sqs.put(url, body);
    },
    ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: max, VisibilityTimeout: seconds = 30 }) {
      const received = messagesOf(url).filter(isVisible).slice(0, max);
      for (const message of received) {
        idCount += 1;
        message.handle = `handle-${idCount}`;
        message.visibleAtMs = sqs.nowMs + seconds * 1000;
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
      const message = findByHandle(input);
      // For an outdated handle, SQS returns success and deletes nothing.
      if (message) messagesOf(input.QueueUrl).splice(messagesOf(input.QueueUrl).indexOf(message), 1);
    },
    ChangeMessageVisibilityCommand(input) {
      const message = findByHandle(input);
      if (!message) throw namedError('ReceiptHandleIsInvalid', 'The receipt handle is not valid');
      message.visibleAtMs = sqs.nowMs + (input.VisibilityTimeout ?? 0) * 1000;
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

  const sqs: SimulatedSqs = {
    nowMs: 0,
    before: () => {},
    put(url, ...bodies) {
      for (const body of bodies) {
        idCount += 1;
        messagesOf(url).push({ id: `message-${idCount}`, body, visibleAtMs: 0 });
      }
    },
    bodies: (url) => messagesOf(url).map(({ body }) => body),
    visibleCount: (url) => messagesOf(url).filter(isVisible).length,
    client: {
      async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
        const { name } = command.constructor;
        sqs.before(name, command.input);
        const run = commands[name];
        if (!run) throw new Error(`The simulated SQS does not support ${name}`);
        return run(command.input) ?? {};
      },
    } as unknown as SQSClient,
  };
  return sqs;
}
