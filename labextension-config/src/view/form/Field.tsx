import * as React from 'react';
import { useComplaint } from './complaints';

interface IFieldProps {
  label: string;
  help?: React.ReactNode;
  problem?: string;
  /** Draws the control with the attributes that tie it to its words. */
  children: (attributes: IControl) => React.ReactElement;
}

export interface IControl {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
  className: string;
}

/** A control with its name above and what is to say of it below. */
export function Field(props: IFieldProps): React.ReactElement {
  const { label, help, children } = props;
  const id = React.useId();
  const [problem, watch] = useComplaint(props.problem);
  const described = [problem && `${id}-problem`, help && `${id}-help`].filter(Boolean);
  return (
    <div className={`jb-Field${problem ? ' jb-mod-invalid' : ''}`} {...watch}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'jb-Input',
        'aria-describedby': described.length ? described.join(' ') : undefined,
        'aria-invalid': problem ? true : undefined
      })}
      {problem && (
        <div id={`${id}-problem`} className="jb-Problem" role="alert">
          {problem}
        </div>
      )}
      {help && (
        <div id={`${id}-help`} className="jb-Help">
          {help}
        </div>
      )}
    </div>
  );
}

interface ITextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: React.ReactNode;
  problem?: string;
  placeholder?: string;
  rows?: number;
  type?: string;
}

/** A field of text, of one line or more. */
export function TextField(props: ITextProps): React.ReactElement {
  const { label, value, onChange, help, problem, placeholder, rows, type } = props;
  return (
    <Field label={label} help={help} problem={problem}>
      {attributes =>
        rows ? (
          <textarea
            {...attributes}
            rows={rows}
            value={value}
            placeholder={placeholder}
            spellCheck={false}
            onChange={event => onChange(event.target.value)}
          />
        ) : (
          <input
            {...attributes}
            type={type ?? 'text'}
            value={value}
            placeholder={placeholder}
            onChange={event => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

interface ISelectProps<V extends string> {
  label: string;
  value: V;
  onChange: (value: V) => void;
  /** Values with their words. */
  options: readonly (readonly [NoInfer<V>, string])[];
  help?: React.ReactNode;
  problem?: string;
}

/** A field of a few choices. */
export function SelectField<V extends string>(
  props: ISelectProps<V>
): React.ReactElement {
  const { label, value, onChange, options, help, problem } = props;
  return (
    <Field label={label} help={help} problem={problem}>
      {attributes => (
        <select
          {...attributes}
          value={value}
          onChange={event => onChange(event.target.value as V)}
        >
          {options.map(([id, word]) => (
            <option key={id} value={id}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
