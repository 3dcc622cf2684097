/** The AWS stub in a process of its own, so that its CPU time is not part of a measurement. */
import { startAwsStub } from '../sim/aws-stub.ts';

const { port, counts } = await startAwsStub(process.env['WEBHOOK_URL'] ?? '');
process.send?.({ port });
process.on('message', () => process.send?.({ counts: { ...counts } }));
process.on('disconnect', () => process.exit());
