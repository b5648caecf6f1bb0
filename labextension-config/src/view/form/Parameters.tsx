import * as React from 'react';
import type { JsonObject } from '../../api/types';
import { givenParameters } from '../../model/form';
import type { IFormStart } from '../../model/formStart';
import { Button, Notice } from '../basics';
import { useServices } from '../services';
import { TextField } from './Field';
import type { IForm } from './useForm';

/** A field for each parameter that the notebook takes. */
export function Parameters(props: {
  start: IFormStart;
  form: IForm;
}): React.ReactElement {
  const { slots, trans } = useServices();
  const { schema, schemaError, values, set, problems, readSchema } = props.form;
  const { ParameterFields } = slots;
  const properties = schema?.schema.properties ?? {};
  const names = Object.keys(properties);
  const isOpen = Boolean(schema?.schema.additionalProperties);
  const own: Record<string, string> = {};
  for (const [field, message] of Object.entries(problems)) {
    const match = /^parameters\.([^.]+)/.exec(field);
    if (match) {
      own[match[1]] = message;
    }
  }
  const strange = Object.keys(own).filter(name => !names.includes(name));
  const unknown = Object.keys(values.parameters).filter(name => !names.includes(name));
  return (
    <fieldset className="jb-Fieldset">
      <legend>{trans.__('Parameters')}</legend>
      {schemaError && (
        <Notice
          kind="error"
          action={
            <Button onClick={() => void readSchema()}>{trans.__('Read again')}</Button>
          }
        >
          {schemaError}
        </Notice>
      )}
      {!schema && !schemaError && (
        <p className="jb-quiet">{trans.__('Reading the notebook…')}</p>
      )}
      {schema && !schema.has_parameters_cell && (
        <NoParameters path={props.start.notebook} onTagged={readSchema} />
      )}
      {schema?.has_parameters_cell && !names.length && !isOpen && (
        <p className="jb-quiet">
          {trans.__('The parameters cell of this notebook sets no values.')}
        </p>
      )}
      {schema && names.length > 0 && (
        <ParameterFields
          schema={schema.schema}
          values={values.parameters}
          problems={own}
          macros={props.form.isJob}
          onChange={parameters => set({ parameters })}
        />
      )}
      {schema && isOpen && (
        <FreeParameters
          values={values.parameters}
          onChange={parameters => set({ parameters })}
        />
      )}
      {schema && !isOpen && unknown.length > 0 && (
        <Notice
          kind="warning"
          action={
            <Button
              onClick={() => {
                const known = Object.entries(values.parameters).filter(([n]) =>
                  names.includes(n)
                );
                set({ parameters: Object.fromEntries(known) });
              }}
            >
              {trans.__('Leave out')}
            </Button>
          }
        >
          {trans.__('The notebook does not take %1 any more.', unknown.join(', '))}
        </Notice>
      )}
      {strange.map(name => (
        <Notice key={name} kind="error">
          {own[name]}
        </Notice>
      ))}
      {schema && names.length > 0 && (
        <p className="jb-Help">
          {trans._n(
            '%1 of %2 differs from the notebook.',
            '%1 of %2 differ from the notebook.',
            Object.keys(givenParameters(schema.schema, values.parameters)).length,
            names.length
          )}
        </p>
      )}
    </fieldset>
  );
}

interface INoParametersProps {
  path: string;
  onTagged: () => Promise<void>;
}

function NoParameters({ path, onTagged }: INoParametersProps): React.ReactElement {
  const { actions, trans } = useServices();
  const tag = async () => {
    if (await actions.tagParameters(path)) {
      await onTagged();
    }
  };
  return (
    <Notice
      kind="info"
      action={
        <Button onClick={() => void tag()}>
          {trans.__('Make the first code cell the parameters')}
        </Button>
      }
    >
      {trans.__(
        'This notebook has no parameters cell, so it runs as it is. Tag a cell "parameters", and every value that it sets becomes a field here.'
      )}
    </Notice>
  );
}

interface IFreeProps {
  values: JsonObject;
  onChange: (values: JsonObject) => void;
}

/** For languages whose cells cannot be read: any names, as JSON. */
function FreeParameters({ values, onChange }: IFreeProps): React.ReactElement {
  const { trans } = useServices();
  const [text, setText] = React.useState(() => JSON.stringify(values, null, 2));
  const [problem, setProblem] = React.useState<string>();
  return (
    <TextField
      label={trans.__('Values as JSON')}
      rows={5}
      value={text}
      problem={problem}
      help={trans.__(
        'The names of this notebook’s parameters cannot be read; any are taken.'
      )}
      onChange={next => {
        setText(next);
        try {
          const parsed: unknown = JSON.parse(next || '{}');
          if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
            throw new Error();
          }
          setProblem(undefined);
          onChange(parsed as JsonObject);
        } catch {
          setProblem(trans.__('takes an object, such as {"name": 1}'));
        }
      }}
    />
  );
}
