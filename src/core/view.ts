/** From what an adapter has read to the unified objects: absent stays absent, and what is lossy is said. */
import type { NamedProvider } from '../model/declaration.ts';
import type {
  SequenceReading,
  SequenceView,
  StepReading,
  StepView,
  TemplateReading,
  TemplateView,
} from '../model/reading.ts';
import type { StepType } from '../model/step.ts';
import { warning, type Warning } from '../model/warning.ts';

export interface Viewed<T> {
  readonly view: T;
  readonly warnings: readonly Warning[];
}

export interface ViewOptions {
  readonly raw: boolean;
  /** Where the object stands in the answer, for the pointers of warnings. */
  readonly pointer: string;
}

export function viewSequence(
  provider: NamedProvider,
  types: Readonly<Record<string, StepType>>,
  reading: SequenceReading,
  { raw, pointer }: ViewOptions,
): Viewed<SequenceView> {
  const steps = reading.steps?.map((step, index) =>
    viewStep(provider, types, step, { raw, pointer: `${pointer}/steps/${index}` }),
  );
  const { metrics, unmodelled, steps: _read, raw: native, id, owner_id, tags, unplaced_step_ids, ...plain } = reading;
  const numbers = Object.entries(metrics ?? {}).filter(([, value]) => typeof value === 'number');
  const view = said({
    id: String(id),
    ...plain,
    owner_id: owner_id === null || owner_id === undefined ? undefined : String(owner_id),
    tags: tags ? [...tags] : undefined,
    num_steps: plain.num_steps ?? steps?.length,
    metrics: numbers.length > 0 ? Object.fromEntries(numbers) : undefined,
    steps: steps?.map((step) => step.view),
    unmodelled: unmodelled && unmodelled.length > 0 ? [...unmodelled] : undefined,
    raw_data: raw ? native : undefined,
  }) as SequenceView;
  return {
    view,
    warnings: [...idsInDoubt(provider, reading, pointer), ...(steps?.flatMap((step) => step.warnings) ?? [])],
  };
}

function idsInDoubt(
  provider: NamedProvider,
  { steps = [], unplaced_step_ids: left = [] }: SequenceReading,
  pointer: string,
): readonly Warning[] {
  const without = steps.filter(({ id }) => id === undefined || id === null).length;
  if (without === 0 && left.length === 0) return [];
  const detail = `Which step of ${provider.title} has which id is not certain: ${without} of ${steps.length} steps are shown without one, ${left.length} ids are left over.`;
  const from = left.length > 0 ? left.map(String) : undefined;
  return [warning(provider.name, { type: 'STEP_IDS_UNKNOWN', pointer: `${pointer}/steps`, detail, from })];
}

function viewStep(
  provider: NamedProvider,
  types: Readonly<Record<string, StepType>>,
  reading: StepReading,
  { raw, pointer }: ViewOptions,
): Viewed<StepView> {
  const { word, id, template, unmodelled, raw: native, ...plain } = reading;
  const type = Object.hasOwn(types, word) ? types[word] : undefined;
  const view = said({
    id: id === null || id === undefined ? undefined : String(id),
    type: type ?? word,
    ...plain,
    template: template ? viewTemplate({ ...template, raw: undefined }, false) : undefined,
    unmodelled: unmodelled && unmodelled.length > 0 ? [...unmodelled] : undefined,
    raw_data: raw ? native : undefined,
  }) as StepView;
  const warnings: Warning[] = [];
  if (type === undefined) {
    const detail = `${provider.title} calls this step ${JSON.stringify(word)}, which the gateway has no type for.`;
    warnings.push(
      warning(provider.name, { type: 'STEP_TYPE_UNKNOWN', pointer: `${pointer}/type`, detail, from: word }),
    );
  }
  if (reading.native_interval) {
    const detail = `${provider.title} does not keep this delay as time elapsed since the previous step: interval_seconds is nominal, native_interval is what it says.`;
    warnings.push(
      warning(provider.name, {
        type: 'INTERVAL_NOMINAL',
        pointer: `${pointer}/${reading.interval_seconds === undefined ? 'native_interval' : 'interval_seconds'}`,
        detail,
        from: reading.native_interval,
      }),
    );
  }
  return { view, warnings };
}

export function viewTemplate(
  { raw: native, id, unmodelled, ...plain }: TemplateReading & { readonly raw: unknown },
  raw: boolean,
): TemplateView {
  return said({
    id: id === null || id === undefined ? undefined : String(id),
    ...plain,
    unmodelled: unmodelled && unmodelled.length > 0 ? [...unmodelled] : undefined,
    raw_data: raw ? native : undefined,
  });
}

/** Without the keys that the provider does not say anything for. */
function said(view: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined && value !== null));
}
