import type { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { RJSFSchema, UiSchema, ValidatorType } from '@rjsf/utils';
import * as React from 'react';
import type { IObjectSchema, IValueSchema, Json, JsonObject } from '../api/types';
import { fits } from '../model/check';
import type { ITrans } from '../view/services';
import { isFreeform } from '../model/valueText';
import type { IParameterFieldsProps } from '../view/services';
import {
  BaseInput,
  Checkbox,
  FieldTemplate,
  Freeform,
  ObjectTemplate,
  Select,
  Textarea
} from './rjsfTemplates';

/** Our own checks are the server's; the form library needs to ask them of nobody else. */
const VALIDATOR: ValidatorType = {
  validateFormData: () => ({ errors: [], errorSchema: {} }),
  toErrorList: () => [],
  isValid: (schema, data) => fits(schema as IValueSchema, data as Json),
  rawValidation: () => ({ errors: [] })
};

/** Returns the component that draws a field for each parameter, by JupyterLab's own form. */
export function parameterFields(
  Form: typeof FormComponent,
  trans: ITrans
): React.ComponentType<IParameterFieldsProps> {
  return function ParameterFields(props) {
    const { schema, values, problems, macros, onChange } = props;
    const bare = React.useMemo(() => withoutDefaults(schema), [schema]);
    const ui = React.useMemo(() => uiOf(schema), [schema]);
    const defaults = React.useMemo(() => defaultsOf(schema), [schema]);
    const data = React.useMemo(() => ({ ...defaults, ...values }), [defaults, values]);
    return (
      <Form
        tagName="div"
        idPrefix="parameters"
        schema={bare}
        uiSchema={ui}
        validator={VALIDATOR}
        noValidate
        formData={data as ReadonlyJSONObject}
        formContext={{ problems, defaults, schema, macros, trans }}
        templates={{
          FieldTemplate,
          ObjectFieldTemplate: ObjectTemplate,
          BaseInputTemplate: BaseInput
        }}
        widgets={{
          CheckboxWidget: Checkbox,
          SelectWidget: Select,
          TextareaWidget: Textarea
        }}
        fields={{ freeform: Freeform }}
        onChange={event => onChange(event.formData as JsonObject)}
      />
    );
  };
}

/** Defaults are put in by us: what somebody has cleared is to stay clear. */
function withoutDefaults(schema: IObjectSchema): RJSFSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { default: _, ...rest } = property;
    return [name, isFreeform(property) ? { description: property.description } : rest];
  });
  return { type: 'object', properties: Object.fromEntries(properties) };
}

function uiOf(schema: IObjectSchema): UiSchema<ReadonlyJSONObject> {
  const entries = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { default: initial } = property;
    if (isFreeform(property)) {
      return [name, { 'ui:field': 'freeform' }];
    }
    const isLong = typeof initial === 'string' && initial.includes('\n');
    return [
      name,
      {
        ...(property.type === 'string' &&
          !property.enum && {
            'ui:emptyValue': property.format ? undefined : '',
            'ui:widget': isLong ? 'textarea' : 'text'
          })
      }
    ];
  });
  return Object.fromEntries(entries) as UiSchema<ReadonlyJSONObject>;
}

function defaultsOf(schema: IObjectSchema): JsonObject {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      property.default === undefined ? [] : [[name, property.default]]
    )
  );
}
