import * as React from 'react';
import type { BatchClient } from '../api/client';
import type { Features } from '../model/features';
import type { IArtifact, IObjectSchema, IOutput, IRun, JsonObject } from '../api/types';
import type { History } from '../model/history';
import type { LiveModel } from '../model/live';
import type { IRunFilters } from '../model/runList';
import type { IFormStart } from '../model/formStart';
import type { Preferences } from '../model/preferences';
import type { ITrans } from '../model/trans';

export type { ITrans } from '../model/trans';

/** The actions that the plugin offers to views. None of them rejects. */
export interface IActions {
  /** Takes note of a run that the user has started here. */
  started(run: IRun): void;
  openRun(id: string, name?: string): void;
  openJob(id: string, name?: string): void;
  openSweep(id: string, name?: string): void;
  openRuns(filters?: Partial<IRunFilters>): void;
  openJobs(): void;
  openForm(start: IFormStart): void;
  openNotebook(path: string): void;
  /** Shows where notebooks are. */
  showFiles(): void;
  openExecuted(run: IRun, attempt: number | null): void;
  openReport(id: string): void;
  openArtifact(run: string, artifact: IArtifact): void;
  saveExecuted(run: IRun): void;
  compare(one: string, other: string): void;
  cancel(ids: string[]): Promise<void>;
  retry(ids: string[]): Promise<void>;
  cancelSweep(id: string): Promise<void>;
  /** Tries only the failed ones again. */
  retrySweep(id: string): Promise<void>;
  /** Asks first; returns the ids that are gone. */
  remove(ids: string[]): Promise<Set<string>>;
  runJob(id: string): Promise<void>;
  pauseJob(id: string, pause: boolean): Promise<void>;
  /** Asks first; returns whether the job is gone. */
  removeJob(id: string, name: string): Promise<boolean>;
  /** Makes the first code cell of a notebook its parameters; returns whether it was done. */
  tagParameters(path: string): Promise<boolean>;
}

export interface IParameterFieldsProps {
  schema: IObjectSchema;
  values: JsonObject;
  /** By name of the parameter. */
  problems: Readonly<Record<string, string>>;
  /** Whether values may be macros, which are put in when a run is made. */
  macros?: boolean;
  onChange: (values: JsonObject) => void;
}

/** The renderers that only JupyterLab has. */
export interface ISlots {
  /** Scripts in outputs run, and things from elsewhere are loaded, only where they are trusted. */
  Outputs: React.ComponentType<{ outputs: readonly IOutput[]; trusted?: boolean }>;
  /** Whether outputs would show more where they are trusted. */
  gainsByTrust: (outputs: readonly IOutput[]) => boolean;
  Markdown: React.ComponentType<{ source: string }>;
  Source: React.ComponentType<{ source: string; language: string }>;
  ParameterFields: React.ComponentType<IParameterFieldsProps>;
}

export interface IServices {
  client: BatchClient;
  live: LiveModel;
  history: History;
  features: Features;
  preferences: Preferences;
  trans: ITrans;
  actions: IActions;
  slots: ISlots;
  locale?: string;
}

const Context = React.createContext<IServices | null>(null);

export const ServicesProvider = Context.Provider;

export function useServices(): IServices {
  const services = React.useContext(Context);
  if (!services) {
    throw new Error('a view of jupyter_batch needs a ServicesProvider around it');
  }
  return services;
}

export function useTrans(): ITrans {
  return useServices().trans;
}
