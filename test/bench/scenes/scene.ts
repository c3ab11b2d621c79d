/** What a scene tells: figures for the one table, and what they are taken from. */
import type { Bench } from '../measure.ts';

export interface Figure {
  readonly what: string;
  /** As text, with its unit; absent where nothing was asked for. */
  readonly target?: string;
  readonly measured: string;
  readonly isMet?: boolean;
}

export interface Told {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Markdown. */
  readonly detail?: string;
}

export type Scene = (bench: Bench) => Promise<Told>;
