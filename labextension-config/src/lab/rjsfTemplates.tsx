import type {
  BaseInputTemplateProps,
  FieldProps,
  FieldTemplateProps,
  ObjectFieldTemplateProps,
  WidgetProps
} from '@rjsf/utils';
import * as React from 'react';
import type { IObjectSchema, IValueSchema, Json, JsonObject } from '../api/types';
import { inWords, isMacro } from '../model/check';
import { useComplaint } from '../view/form/complaints';
import type { ITrans } from '../view/services';
import { exampleOf, textOf, valueOf } from '../model/valueText';

/** The context of our templates, in addition to the form library's. */
interface IContext {
  problems: Readonly<Record<string, string>>;
  defaults: JsonObject;
  schema: IObjectSchema;
  macros?: boolean;
  trans: ITrans;
}

/** The macros that a job can take from its run, by the format of the parameter. */
const MACROS: Record<string, string> = {
  date: '{{ run.scheduled_for | date }}',
  'date-time': '{{ run.scheduled_for }}'
};

const PREFIX = 'parameters_';

/** The name of a parameter by the id of its field. */
function nameOf(id: string): string {
  return id.slice(PREFIX.length);
}

/** Whether the parameter around a control is said to be wrong. */
const Wrong = React.createContext(false);

function useAttributes(id: string): React.HTMLAttributes<HTMLElement> {
  const wrong = React.useContext(Wrong);
  return {
    id,
    className: 'jb-Input',
    'aria-describedby': `${wrong ? `${id}__error ` : ''}${id}__description`,
    ...(wrong && { 'aria-invalid': true })
  };
}

/** A parameter: its name and kind, its control, its comment, what is wrong with it. */
export function FieldTemplate(props: FieldTemplateProps): React.ReactElement {
  return props.id.startsWith(PREFIX) ? <Parameter {...props} /> : props.children;
}

function Parameter(props: FieldTemplateProps): React.ReactElement {
  const { id, children, formData, onChange } = props;
  const { problems, defaults, schema, macros, trans } = props.formContext as IContext;
  const name = nameOf(id);
  const [problem, watch] = useComplaint(problems[name]);
  const property: IValueSchema = schema.properties?.[name] ?? {};
  const initial = defaults[name];
  const changed = JSON.stringify(formData) !== JSON.stringify(initial);
  const isBoolean = property.type === 'boolean';
  const macro = MACROS[property.format ?? ''];
  return (
    <div className={`jb-Field${problem ? ' jb-mod-invalid' : ''}`} {...watch}>
      <div className="jb-Field-head">
        <label htmlFor={id}>
          <code>{name}</code>
        </label>
        <span className="jb-quiet jb-small">{inWords(property, trans)}</span>
        {macros && macro && !isMacro(formData as Json) && (
          <button
            type="button"
            className="jb-Link jb-small"
            title={macro}
            onClick={() => onChange(macro)}
          >
            {trans.__('Day it is scheduled for')}
          </button>
        )}
        {changed && initial !== undefined && (
          <button
            type="button"
            className="jb-Link jb-small"
            title={JSON.stringify(initial)}
            aria-label={trans.__('Reset %1', name)}
            onClick={() => onChange(initial)}
          >
            ↺ {textOf(property, initial).slice(0, 30)}
          </button>
        )}
      </div>
      <div className={isBoolean ? 'jb-Check' : undefined}>
        <Wrong.Provider value={Boolean(problem)}>{children}</Wrong.Provider>
      </div>
      {problem && (
        <div id={`${id}__error`} className="jb-Problem" role="alert">
          {problem}
        </div>
      )}
      <div id={`${id}__description`} className="jb-Help">
        {property.description}
        {initial === undefined && property.$comment}
      </div>
    </div>
  );
}

export function ObjectTemplate(props: ObjectFieldTemplateProps): React.ReactElement {
  return (
    <div className="jb-Parameters">
      {props.properties.map(property => (
        <React.Fragment key={property.name}>{property.content}</React.Fragment>
      ))}
    </div>
  );
}

/** A one-line control; dates and times get the browser's own. */
export function BaseInput(props: BaseInputTemplateProps): React.ReactElement {
  const { id, value, schema, onChange, options } = props;
  const types: Record<string, string> = { date: 'date', time: 'time' };
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  const isLocal =
    !isMacro(value as Json) &&
    schema.format === 'date-time' &&
    /^$|^[^Z+]*$/.test(String(value ?? ''));
  const type = isMacro(value as Json)
    ? 'text'
    : isLocal
      ? 'datetime-local'
      : (types[schema.format ?? ''] ?? 'text');
  return (
    <input
      {...useAttributes(id)}
      type={isNumber ? 'number' : type}
      step={
        isNumber ? (schema.type === 'integer' ? 1 : 'any') : isLocal ? 1 : undefined
      }
      value={String(value ?? '')}
      onChange={event => {
        const text = event.target.value;
        onChange(text === '' ? options.emptyValue : isNumber ? Number(text) : text);
      }}
    />
  );
}

export function Textarea(props: WidgetProps): React.ReactElement {
  return (
    <textarea
      {...useAttributes(props.id)}
      rows={4}
      value={String(props.value ?? '')}
      onChange={event => props.onChange(event.target.value)}
    />
  );
}

export function Checkbox(props: WidgetProps): React.ReactElement {
  const { className: _, ...attributes } = useAttributes(props.id);
  return (
    <input
      {...attributes}
      type="checkbox"
      checked={Boolean(props.value)}
      onChange={event => props.onChange(event.target.checked)}
    />
  );
}

/** One of a few values, which need not be texts. */
export function Select(props: WidgetProps): React.ReactElement {
  const choices = props.options.enumOptions ?? [];
  const place = choices.findIndex(
    choice => JSON.stringify(choice.value) === JSON.stringify(props.value)
  );
  return (
    <select
      {...useAttributes(props.id)}
      value={place}
      onChange={event => props.onChange(choices.at(Number(event.target.value))?.value)}
    >
      {place < 0 && <option value={-1} />}
      {choices.map((choice, index) => (
        <option key={index} value={index}>
          {String(choice.label)}
        </option>
      ))}
    </select>
  );
}

/** Lists, objects and whatever else has no control of its own: typed as JSON. */
export function Freeform(props: FieldProps): React.ReactElement {
  const id = props.idSchema.$id;
  const { schema } = props.formContext as IContext;
  const property: IValueSchema = schema.properties?.[nameOf(id)] ?? {};
  const value = props.formData as Json | undefined;
  const [text, setText] = React.useState(() => textOf(property, value));
  // Follows a value that was set elsewhere, but not the spelling of what is being typed.
  const meant = valueOf(property, text);
  const shown =
    JSON.stringify(meant) === JSON.stringify(value) ? text : textOf(property, value);
  return (
    <input
      {...useAttributes(id)}
      type="text"
      spellCheck={false}
      placeholder={exampleOf(property)}
      value={shown}
      onChange={event => {
        setText(event.target.value);
        props.onChange(valueOf(property, event.target.value));
      }}
    />
  );
}
