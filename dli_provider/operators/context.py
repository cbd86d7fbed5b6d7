"""What operators take from a task's context and hand to it; the context is empty in users' unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import holds_template, is_blank, parse_mapping

if TYPE_CHECKING:
    from dli_provider.airflow_compat import BaseOperator, Context


def push_xcom(context: Context, key: str, value: Any) -> None:
    """Push an XCom, if there is a task instance to push it for.

    :param context: the task's context.
    :param key: the XCom's key.
    :param value: its value.
    """
    if "ti" in context:
        context["ti"].xcom_push(key=key, value=value)


def is_file_name(value: object, extension: str) -> bool:
    """Tell whether an argument names a file instead of holding its content.

    :param value: the argument.
    :param extension: extension of the file, such as ``.json``.
    """
    return isinstance(value, str) and value.strip().endswith(extension) and "\n" not in value.strip()


def check_expectation(parameter: str, value: object) -> None:
    """Check an expectation of a configuration in the constructor, as far as it is known there.

    :param parameter: the argument's name, for the error.
    :param value: the argument, see :func:`read_expectation`. None, templates and files pass.
    :raises ValueError: for an expectation that can't be checked.
    """
    from dli_provider.flink.drift import validate_expected

    if value is not None and not holds_template(value) and not is_file_name(value, ".json"):
        validate_expected(_parse_given(parameter, value))


def read_expectation(
    operator: BaseOperator, parameter: str, value: object, context: Context
) -> dict[str, Any]:
    """Return the expectation of a configuration that an argument or its JSON file holds.

    :param operator: the operator that has the argument.
    :param parameter: the argument's name, for the error.
    :param value: a mapping, its JSON or Python text, or the name of a ``.json`` file, see
        :func:`read_template_file`.
    :param context: the task's context.
    :raises ValueError: when it renders to nothing, can't be checked, or the file isn't there.
    """
    from dli_provider.flink.drift import validate_expected

    if isinstance(value, str) and is_file_name(value, ".json"):
        parameter = f"{parameter}, file {value.strip()!r:.100}"
        value = read_template_file(operator, parameter, value.strip(), context)
    expected = _parse_given(parameter, value)
    validate_expected(expected)
    return expected


def _parse_given(parameter: str, value: object) -> dict[str, Any]:
    if is_blank(value):
        raise ValueError(f"{parameter}: was given and is empty ({value!r:.40}); {{}} expects nothing")
    return parse_mapping(parameter, value)


def read_template_file(operator: BaseOperator, parameter: str, name: str, context: Context) -> Any:
    """Return the content of a file beside the DAG, rendered as a template.

    Airflow's ``template_ext`` isn't used for it, since it would take every nested text that ends in the
    extension for a file.

    :param operator: the operator that has the argument.
    :param parameter: the argument's name, for the error.
    :param name: path below the DAG file's folder or one of the DAG's ``template_searchpath``.
    :param context: the task's context.
    :raises ValueError: when there is no such file.
    """
    from jinja2 import TemplateNotFound

    dag = operator.get_dag()
    if dag is None:
        raise ValueError(f"{parameter}: the task belongs to no DAG, so that nobody knows the file's folder")
    environment = dag.get_template_env(force_sandboxed=True)
    assert environment.loader is not None
    try:
        source, _, _ = environment.loader.get_source(environment, name)
    except TemplateNotFound:
        folders = ", ".join(map(str, getattr(environment.loader, "searchpath", ())))
        raise ValueError(f"{parameter}: there is no such file in {folders}") from None
    return operator.render_template(source, context, environment)
