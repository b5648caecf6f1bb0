import * as React from 'react';
import { lastName, suggest } from '../../model/suggest';
import { useTrans } from '../services';
import type { IControl } from './Field';
import { Field } from './Field';

interface IComboProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly string[];
  /** Options to begin with while nothing is typed. */
  first?: readonly string[];
  /** Whether several names may stand in it, by comma or space. */
  several?: boolean;
  /** The note next to an option. */
  hint?: (option: string) => string;
  help?: React.ReactNode;
  problem?: string;
  placeholder?: string;
}

/** A field of text with suggestions that are searched as one types; any text is taken. */
export function ComboField(props: IComboProps): React.ReactElement {
  const { label, help, problem } = props;
  return (
    <Field label={label} help={help} problem={problem}>
      {attributes => <Combo {...props} attributes={attributes} />}
    </Field>
  );
}

/** Arrow keys move through the suggestions, Enter takes one, Escape puts them away. */
function Combo(props: IComboProps & { attributes: IControl }): React.ReactElement {
  const { value, options, first, several, attributes, onChange } = props;
  const trans = useTrans();
  const list = React.useRef<HTMLUListElement>(null);
  const [open, setOpen] = React.useState(false);
  /** Whether the text is a search; else all is shown. */
  const [typed, setTyped] = React.useState(false);
  const [active, setActive] = React.useState(-1);
  const [before, name] = several ? lastName(value) : ['', value];
  const taken = several ? before.split(/[,\s]+/) : [];
  const { shown, more } = suggest(
    taken.length ? options.filter(option => !taken.includes(option)) : options,
    typed ? name : '',
    first
  );
  const visible = open && shown.length > 0;

  React.useEffect(() => {
    if (visible) {
      list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
    }
  }, [visible, active]);

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const show = (search: boolean, place: number) => {
    setOpen(true);
    setTyped(search);
    setActive(place);
  };
  const take = (option: string) => {
    onChange(several ? `${before}${option}, ` : option);
    setTyped(several === true);
    close();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !visible) {
      show(several === true, several ? 0 : Math.max(0, shown.indexOf(value)));
    } else if (step) {
      setActive((active + step + shown.length) % shown.length);
    } else if (event.key === 'Enter' && visible && active >= 0) {
      take(shown[active]);
    } else if (event.key === 'Escape' && visible) {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const optionId = (index: number) => `${attributes.id}-option-${index}`;
  return (
    <div className="jb-Combo">
      <input
        {...attributes}
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-autocomplete="list"
        aria-expanded={visible}
        aria-controls={`${attributes.id}-list`}
        aria-activedescendant={visible && active >= 0 ? optionId(active) : undefined}
        value={value}
        placeholder={props.placeholder}
        onChange={event => {
          onChange(event.target.value);
          show(true, -1);
        }}
        onClick={() => !visible && show(false, -1)}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      <ul
        id={`${attributes.id}-list`}
        ref={list}
        role="listbox"
        aria-label={trans.__('Suggestions')}
        className="jb-Combo-list"
        hidden={!visible}
      >
        {visible &&
          shown.map((option, index) => (
            <li
              key={option}
              id={optionId(index)}
              role="option"
              aria-selected={index === active}
              // The field keeps the focus.
              onPointerDown={event => event.preventDefault()}
              onClick={() => take(option)}
            >
              <span>{option}</span>
              {props.hint && <span className="jb-quiet">{props.hint(option)}</span>}
            </li>
          ))}
        {visible && more > 0 && (
          <li role="presentation" className="jb-Combo-more">
            {trans._n('%1 more: type to search', '%1 more: type to search', more)}
          </li>
        )}
      </ul>
    </div>
  );
}
