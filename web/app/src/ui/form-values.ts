/** The text of a field; a form of ours has no files. */
export function text(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}

/** The trimmed text of a field, or `null` when nothing was filled in. */
export function optionalText(values: FormData, name: string): string | null {
  return text(values, name).trim() || null;
}
