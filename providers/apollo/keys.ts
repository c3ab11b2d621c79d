/**
 * What a step, its message and its text are made of, as far as a change could lose it. From this one table come what the
 * list of `PUT /sequences/{id}` says, what is compared after a change, and what that list puts at risk: whether Apollo
 * keeps what the list has no key for is not known. https://docs.apollo.io/reference/update-sequence
 */
type Native = Readonly<Record<string, unknown>>;

/**
 * `listed`: the list has a key for it. `compared`: it has none, and nothing that is sent hangs on it. `plain`: it has none
 * either, and any other value than these decides what people get, or when.
 */
type Rule = 'listed' | 'compared' | { readonly plain: readonly unknown[] };
export type Keys = Readonly<Record<string, Rule>>;

const NO_OTHER = { plain: [] } as const;

export const STEP: Keys = {
  id: 'listed',
  position: 'listed',
  type: 'listed',
  wait_mode: 'listed',
  wait_time: 'listed',
  auto_skip_in_x_days: 'listed',
  exact_datetime: NO_OTHER,
  priority: NO_OTHER,
  note: NO_OTHER,
  max_emails_per_day: NO_OTHER,
};

export const TOUCH: Keys = {
  id: 'listed',
  status: 'listed',
  generation_options: 'listed',
  generation_tone: 'listed',
  emailer_step_id: 'compared',
  emailer_template_id: 'compared',
  type: { plain: ['new_thread'] },
  include_signature: { plain: [true] },
  has_personalized_opener: { plain: [false] },
  personalized_opener_fallback_option: { plain: ['send_without_opener'] },
  generic_personalized_opener: NO_OTHER,
  template_type: 'compared',
  composition_mode: 'compared',
};

/** Without what Apollo makes of the body (`body_text`, `highlights`, `has_ai_variables`), and whose it is. */
export const TEMPLATE: Keys = {
  id: 'compared',
  subject: 'listed',
  body_html: 'listed',
  name: 'compared',
  description: 'compared',
  archived: 'compared',
  global: 'compared',
  folder_id: 'compared',
  label_ids: 'compared',
  prompt_id: NO_OTHER,
  prompt_template_id: NO_OTHER,
};

/** An empty text is a value here: a blank message is listed with its blank body. */
export function listed(native: Native, keys: Keys): Native {
  const given = Object.keys(keys).filter((key) => keys[key] === 'listed' && (native[key] === '' || isSet(native[key])));
  return Object.fromEntries(given.map((key) => [key, native[key]]));
}

export function atRisk(native: Native, keys: Keys): readonly string[] {
  return Object.entries(keys).flatMap(([key, rule]) => {
    const value = native[key];
    return typeof rule === 'object' && isSet(value) && !rule.plain.includes(value) ? [key] : [];
  });
}

export function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
