"""The engine's requests, each answered in a few lines."""

# The names and arguments are those of the protocol.
# ruff: noqa: N802, ARG002

import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from .children import Children
from .dependencies import install_commands, installed_versions, plugin_options
from .options import Interpreter, OptionsError, RuntimeOptions, choose_interpreter, parse_options
from .packages import obtainable, required_plugins
from .program import ProgramRun, plugin_command, program_outcome

_CHUNK_BYTES = 65536

_TYPECHECKER_MODULES = {"mypy": "mypy", "pyright": "pyright"}


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python for one engine.

    Args:
        engine_address: Where the engine listens.
        executor: The SDK's `pulumi-language-python-exec`.
        version: The version to report.
        children: Where the started processes are kept.
    """

    def __init__(self, engine_address: str, executor: Path, version: str, children: Children) -> None:
        self._engine_address = engine_address
        self._executor = executor
        self._version = version
        self._children = children
        self._programs: set[subprocess.Popen[bytes]] = set()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Learns where the engine is."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Report this host's version."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """List the plugins that the program's installed packages stand for."""
        program = Path(request.info.program_directory)
        try:
            plugins = obtainable(required_plugins(_interpreter(request.info), os.environ, program), os.environ)
        except (OptionsError, RuntimeError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(
                    name=plugin.name, kind="resource", version=plugin.version, server=plugin.server
                )
                for plugin in plugins
            ]
        )

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run a program to its end."""
        run = _program_run(request, self._engine_address)
        try:
            interpreter = _interpreter(request.info)
            refusal = self._typecheck(_options(request.info), interpreter, Path(request.info.program_directory))
        except OptionsError as error:
            return language_pb2.RunResponse(error=str(error))
        if refusal:
            return language_pb2.RunResponse(error=refusal)
        try:
            with self._children.run(
                run.command(interpreter, self._executor),
                cwd=Path(run.working_folder) if run.working_folder else None,
                environment=run.environment(interpreter, os.environ),
                piped=False,
            ) as process:
                self._programs.add(process)
                context.add_callback(lambda: self._interrupt_if_running(process))
                exit_code = process.wait()
        except OSError as error:
            return language_pb2.RunResponse(error=f"Problem executing program (could not run Python): {error}")
        self._programs.discard(process)
        outcome = program_outcome(exit_code, cancelled=self._children.was_interrupted(process))
        return language_pb2.RunResponse(error=outcome.error, bail=outcome.bail)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Stop the programs that still run; their `Run` then returns."""
        for process in list(self._programs):
            self._interrupt_if_running(process)
        return empty_pb2.Empty()

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a component package or a policy pack, and streams its output, until it ends or the engine lets go."""
        folder = Path(request.info.program_directory)
        try:
            interpreter = _interpreter(request.info)
            command = plugin_command(interpreter, request.kind, folder, request.args)
        except ValueError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        given = dict(entry.split("=", 1) for entry in request.env if "=" in entry)
        environment = interpreter.environment({**os.environ, **given})
        cwd = Path(request.pwd) if request.pwd else None
        with self._children.run(command, cwd=cwd, environment=environment, piped=True) as process:
            context.add_callback(lambda: self._interrupt_if_running(process))
            for stream, chunk in _output(process):
                yield (
                    language_pb2.RunPluginResponse(stdout=chunk)
                    if stream == "stdout"
                    else language_pb2.RunPluginResponse(stderr=chunk)
                )
            yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Installs what a program or plugin needs, and streams the installer's output."""
        program = Path(request.info.program_directory or request.directory)
        root = Path(request.info.root_directory or program)
        try:
            options = _options(request.info)
        except OptionsError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        for command in install_commands(options, root, program, os.environ, is_plugin=request.is_plugin):
            yield language_pb2.InstallDependenciesResponse(stdout=f"{' '.join(command)}\n".encode())
            with self._children.run(command, cwd=program, environment=os.environ, piped=True) as process:
                for stream, chunk in _output(process):
                    yield (
                        language_pb2.InstallDependenciesResponse(stdout=chunk)
                        if stream == "stdout"
                        else language_pb2.InstallDependenciesResponse(stderr=chunk)
                    )
                exit_code = process.wait()
            if exit_code != 0:
                context.abort(grpc.StatusCode.UNKNOWN, f"{' '.join(command)} failed with exit code {exit_code}")

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Says which Python the program gets."""
        try:
            interpreter = _interpreter(request.info)
        except OptionsError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        version = subprocess.run(
            [str(interpreter.executable), "-c", "import platform; print(platform.python_version())"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        ).stdout.strip()
        return language_pb2.AboutResponse(executable=str(interpreter.executable), version=version)

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List what the program's Python has installed, for `pulumi about`."""
        try:
            versions = installed_versions(_interpreter(request.info), os.environ, Path(request.info.program_directory))
        except (OptionsError, subprocess.CalledProcessError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in versions.items()]
        )

    def _typecheck(self, options: RuntimeOptions, interpreter: Interpreter, program: Path) -> str:
        """Run the type checker that the project asks for. Returns why the program must not run, or nothing."""
        if options.typechecker is None:
            return ""
        command = [str(interpreter.executable), "-m", _TYPECHECKER_MODULES[options.typechecker], str(program)]
        environment = interpreter.environment(os.environ)
        with self._children.run(command, cwd=program, environment=environment, piped=True) as process:
            output = b"".join(chunk for _, chunk in _output(process))
            exit_code = process.wait()
        text = output.decode(errors="replace")
        return f"{options.typechecker} found problems:\n{text}" if exit_code else ""

    def _interrupt_if_running(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            self._children.interrupt(process)


def _options(info: language_pb2.ProgramInfo) -> RuntimeOptions:
    raw: Mapping[str, object] = json_format.MessageToDict(info.options)
    return parse_options(raw)


def _interpreter(info: language_pb2.ProgramInfo) -> Interpreter:
    program = Path(info.program_directory)
    root = Path(info.root_directory or program)
    options = _options(info)
    if (root / "PulumiPlugin.yaml").is_file():
        options = plugin_options(options, root)
    return choose_interpreter(options, root, program, os.environ)


def _program_run(request: language_pb2.RunRequest, engine_address: str) -> ProgramRun:
    entry = request.info.entry_point
    program = Path(request.info.program_directory)
    return ProgramRun(
        engine_address=engine_address,
        monitor_address=request.monitor_address,
        project=request.project,
        stack=request.stack,
        organization=request.organization,
        working_folder=request.pwd,
        root_folder=request.info.root_directory,
        program=program if entry in ("", ".") else program / entry,
        dry_run=request.dryRun,
        parallel=request.parallel,
        arguments=tuple(request.args),
        config=dict(request.config),
        secret_keys=tuple(request.configSecretKeys),
    )


def _output(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield a process's output as it comes, until both of its streams end."""
    chunks: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    streams: Sequence[tuple[str, IO[bytes] | None]] = (("stdout", process.stdout), ("stderr", process.stderr))
    open_streams = 0
    for name, stream in streams:
        if stream is not None:
            open_streams += 1
            threading.Thread(target=_pump, args=(name, stream, chunks), daemon=True).start()
    while open_streams:
        name, chunk = chunks.get()
        if chunk:
            yield name, chunk
        else:
            open_streams -= 1


def _pump(name: str, stream: IO[bytes], chunks: queue.SimpleQueue[tuple[str, bytes]]) -> None:
    with stream:
        while chunk := os.read(stream.fileno(), _CHUNK_BYTES):
            chunks.put((name, chunk))
    chunks.put((name, b""))
