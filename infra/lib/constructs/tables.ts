import { RemovalPolicy } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as kms from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";

/** Where Tegata's data are. */
export interface TegataData {
  /** Users, credentials, sessions, attempt counters. */
  readonly data: dynamodb.ITable;
  /** The sealed key set, private halves included. */
  readonly keys: dynamodb.ITable;
  /** The same key set without private halves, and the wrapped master key. */
  readonly publicKeys: dynamodb.ITable;
  /** Wraps the master key; without it nothing in the tables can be unsealed. */
  readonly masterKey: kms.IKey;
}

/** Names of tables, and the ARN of the key, that are there already: retained by a stack that is gone, or restored. */
export interface ExistingData {
  readonly data: string;
  readonly keys: string;
  readonly publicKeys: string;
  readonly masterKey: string;
}

/** Data that no stack of ours looks after. */
export function existingData(scope: Construct, id: string, names: ExistingData): TegataData {
  const group = new Construct(scope, id);
  return {
    data: dynamodb.TableV2.fromTableName(group, "Data", names.data),
    keys: dynamodb.TableV2.fromTableName(group, "Keys", names.keys),
    publicKeys: dynamodb.TableV2.fromTableName(group, "PublicKeys", names.publicKeys),
    masterKey: kms.Key.fromKeyArn(group, "MasterKey", names.masterKey),
  };
}

/** How the data outlives a mistake. */
export interface TegataTablesProps {
  /**
   * What happens to the tables and the key when they are taken out of the stack, or the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Everything that Tegata remembers: three tables and the KMS key that wraps its master key.
 *
 * The tables are split where rights end: a function that may read the public keys table can verify and never sign, because the
 * private halves are in a table that it has no right to (ADR 16).
 */
export class TegataTables extends Construct implements TegataData {
  readonly data: dynamodb.ITable;
  readonly keys: dynamodb.ITable;
  readonly publicKeys: dynamodb.ITable;
  readonly masterKey: kms.IKey;

  constructor(scope: Construct, id: string, props: TegataTablesProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const table = (name: string, options: Partial<dynamodb.TablePropsV2> = {}) =>
      new dynamodb.TableV2(this, name, {
        partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
        sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
        billing: dynamodb.Billing.onDemand(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
        removalPolicy,
        ...options,
      });
    // Expired sessions and counters go by themselves; whether one has expired is decided by its times, not by its absence.
    this.data = table("Data", { timeToLiveAttribute: "ttl" });
    this.keys = table("Keys");
    this.publicKeys = table("PublicKeys");
    this.masterKey = new kms.Key(this, "MasterKey", {
      description: "Tegata: wraps the master key that seals the signing keys",
      enableKeyRotation: true,
      removalPolicy,
    });
  }
}
