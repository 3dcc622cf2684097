import type { Scope } from '../../../lambdas/core/api-key.ts';
import type { ApiRequest } from '../../api/harness.ts';
import { attacksFor, requestText, unknownValue, victimValue, type Attack } from './attacks.ts';
import type { Operation, Parameter } from './operations.ts';
import { buildRequest } from './requests.ts';
import { responseBytes, findLeaks, tenantSecrets, tableState, type TableState } from './rows.ts';
import { setUpTwoTenants, type TwoTenants } from './tenants.ts';

/** What an attacker can observe of a response. */
interface ObservedResponse {
  readonly status: number;
  readonly bytes: string;
  /** The calls to the table and to KMS. If they differ, the response time can reveal what the body hides. */
  readonly reads: string;
}

export interface AttackOutcome {
  /** Attacks with a key that has the required scope. */
  readonly attacks: number;
  /** Responses to these attacks that equal the response to an unknown id, byte for byte. */
  readonly identicalResponses: number;
  /** Attacks with a key without the scope. The API rejects them before it reads an id. */
  readonly withoutScope: number;
  readonly leaks: number;
  /** Descriptions of broken isolation. The proof passes if there are none. */
  readonly violations: readonly string[];
}

/** Runs every attack on one parameter of one operation, with a key of one scope. */
export class AttackRun {
  private readonly secrets: readonly string[];
  private readonly violations: string[] = [];
  private state: TableState;
  private attacks = 0;
  private identicalResponses = 0;
  private withoutScope = 0;
  private leaks = 0;

  private constructor(
    private readonly tenants: TwoTenants,
    private readonly target: {
      readonly operation: Operation;
      readonly parameter: Parameter;
      readonly scope: Scope;
    },
  ) {
    this.secrets = tenantSecrets(tenants.victim, tenants.table);
    this.state = tableState(tenants.table, tenants.attacker);
  }

  static async execute(target: AttackRun['target']): Promise<AttackOutcome> {
    const run = new AttackRun(await setUpTwoTenants(), target);
    await run.runAll();
    const { attacks, identicalResponses, withoutScope, leaks, violations } = run;
    return { attacks, identicalResponses, withoutScope, leaks, violations };
  }

  private async runAll(): Promise<void> {
    const { operation, parameter } = this.target;
    const { refersTo } = parameter;
    const baseline = await this.attempt({ description: 'an unknown id', value: unknownValue(refersTo) });
    const value = victimValue(refersTo, this.tenants);
    if (value !== undefined) {
      const response = await this.attack({ description: 'the victim’s id', value });
      if (JSON.stringify(response) !== JSON.stringify(baseline))
        this.addViolation(
          'the victim’s id',
          'gets a response that differs from the response to an unknown id',
        );
      this.countIdentical(response, baseline);
    }
    const expectedStatus = this.isAllowed() ? 404 : 403;
    if (parameter.in === 'path' && baseline.status !== expectedStatus)
      this.addViolation('an unknown id', `gets status ${baseline.status}`);
    for (const attack of attacksFor(operation, parameter, this.tenants)) {
      this.check(attack, await this.attack(attack), baseline);
      if (parameter.in !== 'path') continue;
      const { status } = await this.attack(attack, true);
      if (![403, 404, 405].includes(status))
        this.addViolation(attack.description, `without percent-encoding gets status ${status}`);
    }
  }

  private isAllowed(): boolean {
    const { operation, scope } = this.target;
    return operation.scope === 'public' || scope === 'admin' || scope === operation.scope;
  }

  private addViolation(description: string, violation: string): void {
    this.violations.push(`${description} ${violation}`);
  }

  /** Counts an attempt as an attack. The attempt with the unknown id is not an attack, because it is the baseline of the comparison. */
  private async attack(attack: Attack, raw?: true): Promise<ObservedResponse> {
    if (this.isAllowed()) this.attacks += 1;
    else this.withoutScope += 1;
    return this.attempt(attack, raw);
  }

  /** Counts only attacks with the scope, because all responses without the scope are identical. */
  private countIdentical(response: ObservedResponse, baseline: ObservedResponse): void {
    if (this.isAllowed() && response.bytes === baseline.bytes) this.identicalResponses += 1;
  }

  /** Sends the request, and checks that it neither reveals nor changes data of another tenant. */
  private async attempt({ description, value }: Attack, raw?: true): Promise<ObservedResponse> {
    const { table, kms, attacker, sendRequest } = this.tenants;
    const { operation, parameter, scope } = this.target;
    const request: ApiRequest = {
      ...buildRequest(operation, attacker, { parameter, value, ...(raw && { raw }) }),
      scopes: [scope],
    };
    const before = this.state;
    const [tableCalls, kmsCalls] = [table.calls.length, kms.calls().length];
    const response = await sendRequest(request);
    this.state = tableState(table, attacker);
    const leaks = findLeaks(response, this.secrets, requestText(request, value));
    this.leaks += leaks.length;
    if (leaks.length > 0) this.addViolation(description, `reveals ${leaks.join(' ')}`);
    if (response.status >= 500) this.addViolation(description, `gets status ${response.status}`);
    if (this.state.otherRows !== before.otherRows)
      this.addViolation(description, 'changes rows of another tenant');
    if (response.status >= 400 && this.state.allRows !== before.allRows)
      this.addViolation(description, 'is rejected, but changes a row');
    return {
      status: response.status,
      // The simulated SES numbers the message ids, so they differ from request to request.
      bytes: responseBytes(response).replace(/0100019c-\d+/, '0100019c'),
      reads: [...table.calls.slice(tableCalls), ...kms.calls().slice(kmsCalls)].join(' '),
    };
  }

  /** In a path, the response to an invalid id must equal the response to an unknown id. In a query or a header, 400 and 422 are also correct. */
  private check({ description }: Attack, response: ObservedResponse, baseline: ObservedResponse): void {
    const isIdentical = response.bytes === baseline.bytes;
    this.countIdentical(response, baseline);
    const { parameter } = this.target;
    if (!this.isAllowed()) {
      if (response.status !== 403 || !isIdentical)
        this.addViolation(description, `gets status ${response.status} without the scope`);
      if (response.reads !== '') this.addViolation(description, `reads ${response.reads} without the scope`);
      return;
    }
    // A prefix can match addresses of the attacker.
    if (isIdentical || (parameter.refersTo === 'prefix' && response.status === 200)) return;
    if (parameter.in === 'path' || ![400, 422].includes(response.status))
      this.addViolation(description, `gets status ${response.status}, unlike an unknown id`);
  }
}
