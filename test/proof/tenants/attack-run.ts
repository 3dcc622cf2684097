import type { Scope } from '../../../lambdas/core/api-key.ts';
import type { ApiRequest } from '../../api/harness.ts';
import { attacksOn, foreign, saidIn, unknown, type Attack } from './attacks.ts';
import type { Operation, Parameter } from './operations.ts';
import { requestOf } from './requests.ts';
import { bytesOf, leaksIn, secretsOf, stateOf, type TableState } from './rows.ts';
import { twoTenants, type World } from './tenants.ts';

/** What an attacker learns from an answer. */
interface Heard {
  readonly status: number;
  readonly bytes: string;
  /** Of the table and of KMS: a stopwatch must not tell what an answer hides. */
  readonly reads: string;
}

export interface Outcome {
  /** Attacks with a key whose scope would do. */
  readonly attacks: number;
  /** Of their answers, those that are, byte for byte, the one to an unknown id. */
  readonly alike: number;
  /** Attacks with a key without the scope, which are refused before any id is read. */
  readonly withoutScope: number;
  readonly leaks: number;
  /** What should not have been; empty is good. */
  readonly complaints: readonly string[];
}

/** Every attack on one parameter of one operation, with a key of one scope. */
export class Siege {
  private readonly secrets: readonly string[];
  private readonly complaints: string[] = [];
  private state: TableState;
  private attacks = 0;
  private alike = 0;
  private withoutScope = 0;
  private leaks = 0;

  private constructor(
    private readonly world: World,
    private readonly target: {
      readonly operation: Operation;
      readonly parameter: Parameter;
      readonly scope: Scope;
    },
  ) {
    this.secrets = secretsOf(world.victim, world.table);
    this.state = stateOf(world.table, world.attacker);
  }

  /** Lays one, to the end. */
  static async lay(target: Siege['target']): Promise<Outcome> {
    const siege = new Siege(await twoTenants(), target);
    await siege.run();
    const { attacks, alike, withoutScope, leaks, complaints } = siege;
    return { attacks, alike, withoutScope, leaks, complaints };
  }

  private async run(): Promise<void> {
    const { operation, parameter } = this.target;
    const { names } = parameter;
    const none = await this.attempt({ what: 'nobody’s', value: unknown(names) });
    const theirs = foreign(names, this.world);
    if (theirs !== undefined) {
      const heard = await this.attack({ what: 'the victim’s', value: theirs });
      if (JSON.stringify(heard) !== JSON.stringify(none))
        this.complain('the victim’s', 'is told from an unknown one');
      this.countAlike(heard, none);
    }
    const wanted = this.isAllowed() ? 404 : 403;
    if (parameter.in === 'path' && none.status !== wanted)
      this.complain('nobody’s', `is answered ${none.status}`);
    for (const attack of attacksOn(operation, parameter, this.world)) {
      this.judge(attack, await this.attack(attack), none);
      if (parameter.in !== 'path') continue;
      const { status } = await this.attack(attack, true);
      if (![403, 404, 405].includes(status))
        this.complain(attack.what, `as it is written is answered ${status}`);
    }
  }

  private isAllowed(): boolean {
    const { operation, scope } = this.target;
    return operation.scope === 'public' || scope === 'admin' || scope === operation.scope;
  }

  private complain(what: string, wrong: string): void {
    this.complaints.push(`${what} ${wrong}`);
  }

  /** An attempt with what is not nobody's: that one is what the others are compared with, and no attack. */
  private async attack(attack: Attack, raw?: true): Promise<Heard> {
    if (this.isAllowed()) this.attacks += 1;
    else this.withoutScope += 1;
    return this.attempt(attack, raw);
  }

  /** Without the scope all answers are one, and say nothing of an id. */
  private countAlike(heard: Heard, none: Heard): void {
    if (this.isAllowed() && heard.bytes === none.bytes) this.alike += 1;
  }

  /** Sends it, and looks whether it told or touched anything that is not the attacker's. */
  private async attempt({ what, value }: Attack, raw?: true): Promise<Heard> {
    const { table, kms, attacker, sendRequest } = this.world;
    const { operation, parameter, scope } = this.target;
    const request: ApiRequest = {
      ...requestOf(operation, attacker, { parameter, value, ...(raw && { raw }) }),
      scopes: [scope],
    };
    const before = this.state;
    const [calls, opened] = [table.calls.length, kms.calls().length];
    const told = await sendRequest(request);
    this.state = stateOf(table, attacker);
    const leaks = leaksIn(told, this.secrets, saidIn(request, value));
    this.leaks += leaks.length;
    if (leaks.length > 0) this.complain(what, `is told ${leaks.join(' ')}`);
    if (told.status >= 500) this.complain(what, `is answered ${told.status}`);
    if (this.state.beside !== before.beside) this.complain(what, 'writes to what is not its own');
    if (told.status >= 400 && this.state.all !== before.all) this.complain(what, 'is refused, and writes');
    return {
      status: told.status,
      // The mails that SES took are numbered.
      bytes: bytesOf(told).replace(/0100019c-\d+/, '0100019c'),
      reads: [...table.calls.slice(calls), ...kms.calls().slice(opened)].join(' '),
    };
  }

  /** In a path, what is no id names nothing; in a query, it may also be called wrong. */
  private judge({ what }: Attack, heard: Heard, none: Heard): void {
    const same = heard.bytes === none.bytes;
    this.countAlike(heard, none);
    const { parameter } = this.target;
    if (!this.isAllowed()) {
      if (heard.status !== 403 || !same) this.complain(what, `is answered ${heard.status} without the scope`);
      if (heard.reads !== '') this.complain(what, `reads ${heard.reads} without the scope`);
      return;
    }
    // The beginning of an address may be that of the attacker's own.
    if (same || (parameter.names === 'prefix' && heard.status === 200)) return;
    if (parameter.in === 'path' || ![400, 422].includes(heard.status))
      this.complain(what, `is answered ${heard.status}, unlike an unknown one`);
  }
}
