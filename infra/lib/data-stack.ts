import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { TegataTables, type TegataTablesProps } from "./constructs/tables.ts";

export interface DataStackProps extends StackProps, TegataTablesProps {}

/** What must outlive every mistake in the other stacks: tables and key. */
export class DataStack extends Stack {
  readonly tables: TegataTables;

  constructor(scope: Construct, id: string, props: DataStackProps = {}) {
    super(scope, id, { description: "Tegata: data", ...props });
    this.tables = new TegataTables(this, "Tables", props);
  }
}
