/** Whether a name is what a template or an unset variable leaves: `undefined`, `${AUDIENCE}`, `<your api>`. */
export function isUnsetName(name: string): boolean {
  return /^(undefined|null|nan|)$|\$\{?\w|\{\{|^<.*>$|\/\/(undefined|null)\b|^%\w+%$/i.test(name.trim())
}
