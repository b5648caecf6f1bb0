import * as React from 'react';
import type { IResult } from '../../api/types';
import { bytes } from '../../model/format';
import type { ResultsModel } from '../../model/results';
import { frameOf, isPlain, outputOf, ROWS_SHOWN } from '../../model/results';
import { Empty, Instant, Notice } from '../basics';
import { useModel } from '../hooks';
import { useServices } from '../services';

interface IResultsProps {
  model: ResultsModel;
  now: number;
}

/** Shows the results of a notebook: plain values in a table, the others below. */
export function Results({ model, now }: IResultsProps): React.ReactElement {
  const { trans } = useServices();
  useModel(model);
  const plain = model.results.filter(isPlain);
  const others = model.results.filter(result => !isPlain(result));
  if (model.error) {
    return <Notice kind="error">{model.error}</Notice>;
  }
  if (!model.results.length) {
    return (
      <Empty title={trans.__('No results')}>
        {trans.__('What the notebook keeps by')} <code>jb.record(loss=0.12)</code>{' '}
        {trans.__(
          'stands here: numbers, texts, tables. jb.results() has it of many runs.'
        )}
      </Empty>
    );
  }
  return (
    <div className="jb-Results">
      {plain.length > 0 && (
        <table className="jb-Table" aria-label={trans.__('Results')}>
          <thead>
            <tr>
              <th scope="col">{trans.__('Name')}</th>
              <th scope="col">{trans.__('Value')}</th>
              <th scope="col">{trans.__('Recorded')}</th>
            </tr>
          </thead>
          <tbody>
            {plain.map(result => (
              <tr key={result.name}>
                <th scope="row">
                  <code>{result.name}</code>
                </th>
                <td>
                  <PlainValue result={result} />
                </td>
                <td className="jb-quiet">
                  <Instant at={Date.parse(result.recorded_at)} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {others.map(result => (
        <Other key={result.name} result={result} />
      ))}
    </div>
  );
}

function PlainValue({ result }: { result: IResult }): React.ReactElement {
  const { locale, trans } = useServices();
  const { type, value } = result;
  if (result.omitted) {
    return <TooLong result={result} />;
  }
  switch (type) {
    case 'number':
      return (
        <span className="jb-figures" title={String(value)}>
          {typeof value === 'number'
            ? value.toLocaleString(locale, { maximumSignificantDigits: 10 })
            : String(value)}
        </span>
      );
    case 'none':
      return <span className="jb-quiet">None</span>;
    case 'bool':
      return <>{value ? trans.__('true') : trans.__('false')}</>;
    case 'json':
      return <code>{JSON.stringify(value)}</code>;
    default:
      return <span className="jb-ResultText">{String(value)}</span>;
  }
}

/** A frame, a plot, a list or a mapping, as the notebook would show it. */
function Other({ result }: { result: IResult }): React.ReactElement {
  const { slots, trans } = useServices();
  const outputs = React.useMemo(() => {
    const output = outputOf(result);
    return output && [output];
  }, [result]);
  const frame = result.type === 'table' ? frameOf(result.value) : null;
  return (
    <section className="jb-Block">
      <h3>
        <code>{result.name}</code>{' '}
        {frame && (
          <span className="jb-quiet jb-small">
            {trans.__('%1 rows × %2 columns', frame.rows, frame.columns.length)}
          </span>
        )}
      </h3>
      {outputs ? <slots.Outputs outputs={outputs} /> : <TooLong result={result} />}
      {frame && frame.rows > ROWS_SHOWN && (
        <p className="jb-Help">
          {trans.__(
            'The first %1 rows; run.results() in Python has all of them.',
            ROWS_SHOWN
          )}
        </p>
      )}
    </section>
  );
}

function TooLong({ result }: { result: IResult }): React.ReactElement {
  const { trans } = useServices();
  return (
    <span className="jb-quiet">
      {result.omitted
        ? trans.__('Too long to be shown (%1).', bytes(result.size))
        : trans.__('Of type %1 (%2).', result.type, bytes(result.size))}{' '}
      {trans.__('run.results() in Python reads it.')}
    </span>
  );
}
