import { Model } from './model';

export const COLUMNS = [
  'trigger',
  'started',
  'duration',
  'cells',
  'attempts',
  'user'
] as const;
export type Column = (typeof COLUMNS)[number];

/** The settings of the user. */
export interface IPreferences {
  notifications: 'all' | 'failures' | 'none';
  /** Image that forms begin with; empty for the server's own. */
  defaultImage: string;
  columns: Column[];
  /** How often what moves by itself (elapsed times) is drawn anew. */
  refreshSeconds: number;
}

export const DEFAULTS: IPreferences = {
  notifications: 'all',
  defaultImage: '',
  columns: ['trigger', 'started', 'duration', 'cells'],
  refreshSeconds: 1
};

/** The user's settings, kept by whoever made it. */
export class Preferences extends Model {
  constructor(
    values: Partial<IPreferences> = {},
    private readonly keep: (change: Partial<IPreferences>) => void = () => undefined
  ) {
    super();
    this.values = { ...DEFAULTS, ...values };
  }

  values: IPreferences;

  /** Takes what has been set elsewhere. */
  take(values: Partial<IPreferences>): void {
    this.values = { ...this.values, ...values };
    this.touch();
  }

  change(change: Partial<IPreferences>): void {
    this.take(change);
    this.keep(change);
  }
}
