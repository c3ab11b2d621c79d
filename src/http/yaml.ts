/** The form in which `openapi.yaml` is checked in. The package is CommonJS: imported lazily itself, it has no names once it is packed. */
import { stringify } from 'yaml';

export function toYaml(document: object): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}
