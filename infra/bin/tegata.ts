import { App } from "aws-cdk-lib";
import { addStacks } from "../lib/app.ts";

addStacks(new App());
