// Answers CloudFormation: puts the files beside this one into a bucket, and removes those that are no longer there.
// CommonJS, since the AWS SDK comes with the Lambda runtime.
"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const { extname, join, relative, sep } = require("node:path");
const {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} = require("@aws-sdk/client-s3");

const FILES = join(__dirname, "files");

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

exports.handler = async (event) => {
  const answer = { Status: "SUCCESS", Reason: "" };
  try {
    const { Bucket } = event.ResourceProperties;
    const s3 = new S3Client({});
    if (event.RequestType === "Delete") await removeOthers(s3, Bucket, new Set());
    else await upload(s3, Bucket);
  } catch (error) {
    console.error(error);
    Object.assign(answer, { Status: "FAILED", Reason: String(error) });
  }
  const { StackId, RequestId, LogicalResourceId } = event;
  await fetch(event.ResponseURL, {
    method: "PUT",
    body: JSON.stringify({
      ...answer,
      StackId,
      RequestId,
      LogicalResourceId,
      PhysicalResourceId: "web-files",
    }),
  });
};

async function upload(s3, Bucket) {
  const names = readdirSync(FILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(FILES, join(entry.parentPath, entry.name)).split(sep).join("/"));
  // What points at the others comes last, so that nobody gets a page whose scripts are not there yet.
  names.sort((a, b) => Number(a === "index.html") - Number(b === "index.html"));
  for (const Key of names) {
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: readFileSync(join(FILES, Key)),
        ContentType: TYPES[extname(Key)] ?? "application/octet-stream",
        // Names below `assets` change with their content.
        CacheControl: Key.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      }),
    );
  }
  await removeOthers(s3, Bucket, new Set(names));
}

async function removeOthers(s3, Bucket, kept) {
  let ContinuationToken;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    const Objects = (page.Contents ?? []).filter(({ Key }) => !kept.has(Key)).map(({ Key }) => ({ Key }));
    if (Objects.length > 0) {
      const { Errors } = await s3.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      if (Errors?.length) throw new Error(`not removed: ${Errors.map(({ Key }) => Key).join(", ")}`);
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
}
