import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.eclipse.milo.opcua.sdk.core.AccessLevel;
import org.eclipse.milo.opcua.sdk.core.Reference;
import org.eclipse.milo.opcua.sdk.server.OpcUaServer;
import org.eclipse.milo.opcua.sdk.server.api.DataItem;
import org.eclipse.milo.opcua.sdk.server.api.ManagedNamespaceWithLifecycle;
import org.eclipse.milo.opcua.sdk.server.api.MonitoredItem;
import org.eclipse.milo.opcua.sdk.server.api.config.OpcUaServerConfig;
import org.eclipse.milo.opcua.sdk.server.api.config.OpcUaServerConfigLimits;
import org.eclipse.milo.opcua.sdk.server.identity.UsernameIdentityValidator;
import org.eclipse.milo.opcua.sdk.server.nodes.UaFolderNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaVariableNode;
import org.eclipse.milo.opcua.stack.core.Identifiers;
import org.eclipse.milo.opcua.stack.core.StatusCodes;
import org.eclipse.milo.opcua.stack.core.UaException;
import org.eclipse.milo.opcua.stack.core.security.DefaultCertificateManager;
import org.eclipse.milo.opcua.stack.core.security.SecurityPolicy;
import org.eclipse.milo.opcua.stack.core.transport.TransportProfile;
import org.eclipse.milo.opcua.stack.core.types.builtin.DataValue;
import org.eclipse.milo.opcua.stack.core.types.builtin.DateTime;
import org.eclipse.milo.opcua.stack.core.types.builtin.LocalizedText;
import org.eclipse.milo.opcua.stack.core.types.builtin.NodeId;
import org.eclipse.milo.opcua.stack.core.types.builtin.StatusCode;
import org.eclipse.milo.opcua.stack.core.types.builtin.Variant;
import org.eclipse.milo.opcua.stack.core.types.builtin.unsigned.UInteger;
import org.eclipse.milo.opcua.stack.core.types.enumerated.MessageSecurityMode;
import org.eclipse.milo.opcua.stack.core.types.structured.UserTokenPolicy;
import org.eclipse.milo.opcua.stack.server.EndpointConfiguration;
import org.eclipse.milo.opcua.stack.server.security.ServerCertificateValidator;

/**
 * An OPC UA server on Eclipse Milo 0.6.16 that writes counters by the wall clock and logs every value it writes.
 * Parameters are key=value; README.md has the list. Node ids are strings in namespace urn:fedshell:peer.
 */
public final class MiloServer {
  private static final double CATCH_UP_MS = 1000;
  private static final Map<String, String> SETTINGS = new HashMap<>();
  private static double epochMs;
  private static FileOutputStream log;

  public static void main(String[] parameters) throws Exception {
    for (String parameter : parameters) {
      int split = parameter.indexOf('=');
      SETTINGS.put(parameter.substring(0, split), parameter.substring(split + 1));
    }
    // Java has the signatures of Aes256_Sha256_RsaPss under another name.
    Security.addProvider(new BouncyCastleProvider());
    epochMs = number("epochMs", 0) == 0 ? System.currentTimeMillis() : number("epochMs", 0);
    if (SETTINGS.containsKey("log")) log = new FileOutputStream(SETTINGS.get("log"), true);
    OpcUaServer server = new OpcUaServer(configuration());
    Line line = new Line(server);
    line.startup();
    note(String.format(Locale.ROOT, "# start %.4f\n", (double) System.currentTimeMillis()));
    line.tick();
    server.startup().get();
    System.out.println("ready");
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    clock.scheduleWithFixedDelay(line::tick, 0, Math.round(line.tickMs() * 1000), TimeUnit.MICROSECONDS);
    Runtime.getRuntime().addShutdownHook(new Thread(clock::shutdownNow));
  }

  private static double number(String name, double otherwise) {
    return SETTINGS.containsKey(name) ? Double.parseDouble(SETTINGS.get(name)) : otherwise;
  }

  /** Written before the values are shown: a killed server may have logged what it never showed, not the reverse. */
  private static void note(String lines) {
    try {
      if (log != null && !lines.isEmpty()) log.write(lines.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      failure.printStackTrace();
      Runtime.getRuntime().halt(3);
    }
  }

  private static OpcUaServerConfig configuration() throws Exception {
    X509Certificate certificate = null;
    DefaultCertificateManager certificates = new DefaultCertificateManager();
    if (SETTINGS.containsKey("certificate")) {
      certificate = certificateOf(SETTINGS.get("certificate"));
      certificates = new DefaultCertificateManager(new KeyPair(certificate.getPublicKey(), keyOf(SETTINGS.get("key"))), certificate);
    }
    return OpcUaServerConfig.builder()
        .setApplicationName(LocalizedText.english("FedShell peer on Milo"))
        .setApplicationUri(SETTINGS.getOrDefault("applicationUri", "urn:fedshell:peer:server"))
        .setProductUri("urn:fedshell:peer:milo")
        .setCertificateManager(certificates)
        .setCertificateValidator(new ClientTrust())
        .setIdentityValidator(new UsernameIdentityValidator(!SETTINGS.containsKey("user"), challenge ->
            challenge.getUsername().equals(SETTINGS.get("user")) && challenge.getPassword().equals(SETTINGS.get("password"))))
        .setLimits(new Limits())
        .setEndpoints(endpoints(certificate))
        .build();
  }

  /** With a certificate the one endpoint without security has no kind of user: it serves discovery alone. */
  private static Set<EndpointConfiguration> endpoints(X509Certificate certificate) {
    EndpointConfiguration.Builder plain = EndpointConfiguration.newBuilder()
        .setTransportProfile(TransportProfile.TCP_UASC_UABINARY)
        .setBindAddress("127.0.0.1")
        .setBindPort((int) number("port", 4840))
        .setHostname("127.0.0.1")
        .setSecurityPolicy(SecurityPolicy.None)
        .setSecurityMode(MessageSecurityMode.None);
    UserTokenPolicy users = SETTINGS.containsKey("user")
        ? OpcUaServerConfig.USER_TOKEN_POLICY_USERNAME : OpcUaServerConfig.USER_TOKEN_POLICY_ANONYMOUS;
    if (certificate == null) return Set.of(plain.addTokenPolicies(users).build());
    Set<EndpointConfiguration> all = new HashSet<>();
    all.add(plain.build());
    for (SecurityPolicy policy : List.of(SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss)) {
      all.add(plain.copy().addTokenPolicies(users).setCertificate(certificate).setSecurityPolicy(policy)
          .setSecurityMode(MessageSecurityMode.SignAndEncrypt).build());
    }
    return all;
  }

  private static X509Certificate certificateOf(String file) throws Exception {
    try (FileInputStream content = new FileInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(content);
    }
  }

  /** Reads a PKCS #8 key. */
  private static PrivateKey keyOf(String file) throws Exception {
    String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  /** Accepts every client, or the one that is named. */
  private static final class ClientTrust implements ServerCertificateValidator {
    @Override
    public void validateCertificateChain(List<X509Certificate> chain) throws UaException {
      if (!SETTINGS.containsKey("trusted")) return;
      try {
        if (certificateOf(SETTINGS.get("trusted")).equals(chain.get(0))) return;
      } catch (Exception failure) {
        throw new UaException(StatusCodes.Bad_InternalError, failure);
      }
      throw new UaException(StatusCodes.Bad_SecurityChecksFailed);
    }

    @Override
    public void validateCertificateChain(List<X509Certificate> chain, String applicationUri) throws UaException {
      validateCertificateChain(chain);
    }
  }

  private static final class Limits implements OpcUaServerConfigLimits {
    @Override
    public Double getMinPublishingInterval() {
      return 10.0;
    }

    @Override
    public Double getMinSupportedSampleRate() {
      return 0.0;
    }

    @Override
    public UInteger getMaxMonitoredItems() {
      return UInteger.valueOf(1_000_000);
    }
  }

  /** One kind of node: value number k is due at epoch + k * period. */
  private static final class Group {
    final int count;
    final double periodMs;
    final List<UaVariableNode> nodes = new ArrayList<>();
    /** Every node has a value at the start. */
    final long start;
    long last;

    Group(int count, double periodMs) {
      this.count = count;
      this.periodMs = periodMs;
      this.start = (long) ((System.currentTimeMillis() - epochMs) / periodMs);
      this.last = start - 1;
    }

    double timeOf(long number) {
      return epochMs + number * periodMs;
    }

    /** First and end of what is due; what is too old to catch up with was never written. */
    long[] due() {
      if (count == 0) return new long[] {0, 0};
      double behindMs = System.currentTimeMillis() - epochMs;
      long end = (long) (behindMs / periodMs) + 1;
      long first = Math.max(last + 1, (long) ((behindMs - CATCH_UP_MS) / periodMs));
      if (first < end) last = end - 1;
      return new long[] {first, end};
    }
  }

  private static final class Line extends ManagedNamespaceWithLifecycle {
    private final Group waves = new Group((int) number("waves", 1), number("waveMs", 100));
    private final Group scalars = new Group((int) number("scalars", 200), number("scalarMs", 100));
    private final Group changes = new Group((int) number("changes", 0), number("changeMs", 100));
    private final int waveLength = (int) number("waveLength", 4096);
    private final int changeOneIn = (int) number("changeOneIn", 10);
    private final Map<NodeId, List<DataItem>> items = new ConcurrentHashMap<>();

    Line(OpcUaServer server) {
      super(server, "urn:fedshell:peer");
      getLifecycleManager().addStartupTask(this::addNodes);
    }

    double tickMs() {
      double shortest = 50;
      for (Group group : List.of(waves, scalars, changes)) {
        if (group.count > 0) shortest = Math.min(shortest, group.periodMs);
      }
      return Math.max(1, shortest / 5);
    }

    private void addNodes() {
      UaFolderNode folder = new UaFolderNode(
          getNodeContext(), newNodeId("Line"), newQualifiedName("Line"), LocalizedText.english("Line"));
      getNodeManager().addNode(folder);
      folder.addReference(new Reference(folder.getNodeId(), Identifiers.Organizes, Identifiers.ObjectsFolder.expanded(), false));
      add(folder, waves, "Wave", Identifiers.Float, 1, new Variant(block(0)));
      add(folder, scalars, "S", Identifiers.Double, -1, new Variant(0.0));
      add(folder, changes, "C", Identifiers.Int32, -1, new Variant(0));
    }

    private void add(UaFolderNode folder, Group group, String prefix, NodeId type, int rank, Variant value) {
      for (int index = 0; index < group.count; index++) {
        UaVariableNode node = new UaVariableNode.UaVariableNodeBuilder(getNodeContext())
            .setNodeId(newNodeId(prefix + index))
            .setBrowseName(newQualifiedName(prefix + index))
            .setDisplayName(LocalizedText.english(prefix + index))
            .setDataType(type)
            .setValueRank(rank)
            .setAccessLevel(AccessLevel.READ_ONLY)
            .setUserAccessLevel(AccessLevel.READ_ONLY)
            .setTypeDefinition(Identifiers.BaseDataVariableType)
            .build();
        node.setValue(new DataValue(value));
        getNodeManager().addNode(node);
        folder.addOrganizes(node);
        group.nodes.add(node);
      }
    }

    private Float[] block(long number) {
      Float[] samples = new Float[waveLength];
      for (int index = 0; index < waveLength; index++) samples[index] = (index % 8) / 8f;
      samples[0] = (float) (number % 16_777_216);
      return samples;
    }

    void tick() {
      try {
        long[] due = waves.due();
        noteAll("W", waves, due);
        for (long number = due[0]; number < due[1]; number++) put(waves.nodes, new Variant(block(number)), waves.timeOf(number));
        due = scalars.due();
        noteAll("S", scalars, due);
        for (long number = due[0]; number < due[1]; number++) put(scalars.nodes, new Variant((double) number), scalars.timeOf(number));
        change(changes.due());
      } catch (Throwable failure) {
        failure.printStackTrace();
        Runtime.getRuntime().halt(3);
      }
    }

    private void noteAll(String name, Group group, long[] due) {
      StringBuilder lines = new StringBuilder();
      for (long number = due[0]; number < due[1]; number++) {
        lines.append(String.format(Locale.ROOT, "%s %d %.4f\n", name, number, group.timeOf(number)));
      }
      note(lines.toString());
    }

    /** Changes at irregular times, the same in every server and after every restart. */
    private void change(long[] due) {
      for (long number = due[0]; number < due[1]; number++) {
        for (int index = 0; index < changes.count; index++) {
          long mixed = (number * 2654435761L + index * 40503L) & 0xFFFFFFFFL;
          mixed ^= mixed >>> 15;
          if (number != changes.start && mixed % changeOneIn != 0) continue;
          note(String.format(Locale.ROOT, "C%d %d %.4f\n", index, number, changes.timeOf(number)));
          put(List.of(changes.nodes.get(index)), new Variant((int) number), changes.timeOf(number));
        }
      }
    }

    /** Hands the value to every monitored item itself: the sampling of the library would miss some. */
    private void put(List<UaVariableNode> nodes, Variant variant, double atMs) {
      DateTime time = new DateTime(Math.round(atMs * 10_000) + 116_444_736_000_000_000L);
      DataValue value = new DataValue(variant, StatusCode.GOOD, time, DateTime.now());
      for (UaVariableNode node : nodes) {
        node.setValue(value);
        for (DataItem item : items.getOrDefault(node.getNodeId(), List.of())) {
          if (item.isSamplingEnabled()) item.setValue(value);
        }
      }
    }

    @Override
    public void onDataItemsCreated(List<DataItem> created) {
      for (DataItem item : created) {
        NodeId id = item.getReadValueId().getNodeId();
        items.computeIfAbsent(id, key -> new CopyOnWriteArrayList<>()).add(item);
        getNodeManager().getNode(id).ifPresent(node -> {
          if (node instanceof UaVariableNode) item.setValue(((UaVariableNode) node).getValue());
        });
      }
    }

    @Override
    public void onDataItemsModified(List<DataItem> modified) {}

    @Override
    public void onDataItemsDeleted(List<DataItem> deleted) {
      for (DataItem item : deleted) {
        items.getOrDefault(item.getReadValueId().getNodeId(), new ArrayList<>()).remove(item);
      }
    }

    @Override
    public void onMonitoringModeChanged(List<MonitoredItem> changed) {}
  }

  private MiloServer() {}
}
