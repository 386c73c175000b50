import { Stack, type StackProps } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import type { Construct } from "constructs";
import { Tegata, type TegataProps } from "./constructs/tegata.ts";
import { existingData, type ExistingData, type TegataData } from "./constructs/tables.ts";
import type { EdgeStack } from "./edge-stack.ts";

export interface ApiStackProps
  extends StackProps, Omit<TegataProps, "tables" | "api" | "issuer" | "originSecret"> {
  /** The data stack's, or the names of others. */
  readonly tables: TegataData | ExistingData;
  readonly edge: EdgeStack;
}

/** Everything that runs: functions, authorizer, keys, routes, alarms. Nothing in it is lost when it is deleted. */
export class ApiStack extends Stack {
  readonly tegata: Tegata;

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, { description: "Tegata: API", ...props });
    const { edge, tables } = props;
    this.tegata = new Tegata(this, "Tegata", {
      ...props,
      tables:
        typeof tables.data === "string"
          ? existingData(this, "Data", tables as ExistingData)
          : (tables as TegataData),
      issuer: edge.publicUrl,
      originSecret: edge.originSecret.secretValue.unsafeUnwrap(),
      api: apigateway.RestApi.fromRestApiAttributes(this, "RestApi", {
        restApiId: edge.api.ref,
        rootResourceId: edge.api.attrRootResourceId,
      }),
    });
  }
}
