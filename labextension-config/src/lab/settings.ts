import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IPreferences } from '../model/preferences';
import { Preferences } from '../model/preferences';

/** The user's settings, read from and kept in JupyterLab's registry where there is one. */
export function preferencesOf(
  registry: ISettingRegistry | null,
  id: string
): Preferences {
  let settings: ISettingRegistry.ISettings | null = null;
  const preferences = new Preferences({}, change => {
    for (const [name, value] of Object.entries(change)) {
      void settings?.set(name, value);
    }
  });
  void registry?.load(id).then(
    loaded => {
      settings = loaded;
      const take = () =>
        preferences.take(loaded.composite as unknown as Partial<IPreferences>);
      loaded.changed.connect(take);
      take();
    },
    (reason: unknown) =>
      console.error('jupyter-batch: the settings cannot be read', reason)
  );
  return preferences;
}
