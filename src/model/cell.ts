/** The words of a declaration: how a provider stands to a field or a step type. */
import type { Form } from './form.ts';
import type { StepField, StepType } from './step.ts';

/** The provider has the field. `at` is the native key, `object.key`, where the value ends up. */
export interface Native {
  readonly support: 'native';
  readonly at?: string;
  /** What a value is called natively, such as `{true: 'reply_to_thread'}`. Without it the value is sent as it stands. */
  readonly words?: Readonly<Record<string, string | boolean>>;
  /** In UTF-16 code units. Longer values are refused with VALUE_TOO_LONG, never cut. */
  readonly max_length?: number;
  /** The form that a text, or each text of a list, must have. Others are refused with UNSUPPORTED_VALUE. */
  readonly matches?: Form;
  /** What fills in for an absent value that the provider requires: a text, or the first of these fields that is given. */
  readonly fill_in?: string | { readonly from: readonly StepField[]; readonly otherwise: string };
  /** Why a value that fits is nevertheless not read back as it was written; `as` where that can be foreseen. */
  readonly read_back?: { readonly because: string; readonly as?: (written: string) => string };
  /** For custom fields: dotted native keys that a caller may never set. */
  readonly refuses?: readonly string[];
}

/** The provider has something near it; the value is still used, and the caller is warned. */
export interface Lossy {
  readonly support: 'lossy';
  readonly because: string;
}

/** The provider has nothing like it. What follows (warning or refusal) is the core's policy. */
export interface None {
  readonly support: 'none';
  readonly because: string;
}

export type FlatCell = Native | Lossy | None;

export interface ByType {
  readonly by_type: Partial<Readonly<Record<StepType, FlatCell>>> & { readonly else: FlatCell };
}

export type Cell = FlatCell | ByType;

/** A native step type: one word, or several native values that together say it. */
export type Word = string | Readonly<Record<string, string | boolean>>;

export interface LossyWord<W extends Word = Word> {
  readonly support: 'lossy';
  readonly because: string;
  readonly word: W;
}

export type TypeCell = Word | LossyWord | None;

/** The stance on one field for one step type. */
export function cellFor(cell: Cell, type: StepType): FlatCell {
  return 'by_type' in cell ? (cell.by_type[type] ?? cell.by_type.else) : cell;
}

/** The native word of a step type; undefined where the provider cannot create it. */
export function wordFor(cell: TypeCell): Word | undefined {
  if (typeof cell === 'string' || !('support' in cell)) return cell;
  return isLossyWord(cell) ? cell.word : undefined;
}

/** Why a step type is not what was asked for; undefined where it is. */
export function stanceOnType(cell: TypeCell): LossyWord | None | undefined {
  if (typeof cell === 'string') return undefined;
  if (isLossyWord(cell) || isNone(cell)) return cell;
  return undefined;
}

export function isNone(value: object): value is None {
  return 'support' in value && value.support === 'none';
}

function isLossyWord(cell: TypeCell): cell is LossyWord {
  return typeof cell === 'object' && cell['support'] === 'lossy';
}
